"""Duplicates: linked, or linked and closed."""
