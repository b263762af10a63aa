"""The status page's contents: how the bot fares, what is wrong, and what to do."""
