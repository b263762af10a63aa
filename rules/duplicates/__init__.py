"""Tokens, titles and shared words for duplicate detection: pure functions."""
