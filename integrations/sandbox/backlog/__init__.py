"""Backlogs in files: how one is read, line by line, and what one of its items is."""
