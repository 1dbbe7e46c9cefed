"""Shapes of the API of quality."""
