"""What the bot writes to Azure DevOps: comments, drafts, and the changes that people accepted."""
