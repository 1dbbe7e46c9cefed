"""Schema of quality."""
