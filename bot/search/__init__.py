"""The duplicate index: a derived cache."""
