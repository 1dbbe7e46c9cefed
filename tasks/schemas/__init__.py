"""Shapes of the API of tasks."""
