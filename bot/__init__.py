"""Orchestration: the only layer that knows everyone."""
