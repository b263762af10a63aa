"""What happened in a tracker comes in: delivered, polled for, or swept up because it was left behind."""
