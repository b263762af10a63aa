"""One file a workflow."""
