"""Tokens, features and tiers for duplicate detection."""
