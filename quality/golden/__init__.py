"""Golden tasks: made, promoted, kept healthy; their keys."""
