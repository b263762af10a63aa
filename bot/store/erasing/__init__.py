"""What leaves the store before its time: the texts of items that are gone, and people who want to be forgotten."""
