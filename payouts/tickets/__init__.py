"""What single tickets and whole projects cost, down to the entries."""
