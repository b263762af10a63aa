"""What is told to those who run the bot: metrics, traces and the status page. Never a word of a ticket."""
