"""Reading projects whole: a sandbox of any size, and what it takes the bot."""
