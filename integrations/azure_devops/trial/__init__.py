"""What the doctor asks of Azure DevOps: a scratch item, and the rights of the bot's own account."""
