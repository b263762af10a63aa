"""Webhooks, health and pages."""
