"""The outside: one folder a vendor."""
