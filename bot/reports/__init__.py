"""What the bot has found, for people to read."""
