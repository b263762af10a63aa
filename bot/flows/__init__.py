"""One file a workflow, one folder a family of them; beside the folders, what they share."""
