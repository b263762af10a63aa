"""What the doctor asks of Jira: a scratch issue, and the rights of the bot's own account."""
