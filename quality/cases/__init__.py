"""Signs of cheating, the cases they open, and restrictions that people impose."""
