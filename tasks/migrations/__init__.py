"""Schema of tasks."""
