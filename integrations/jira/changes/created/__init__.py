"""What is created below an item: sub-tasks and child items."""
