"""What a good backlog item is: pure, with no input or output and no clock."""
