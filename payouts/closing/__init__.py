"""Closing a period: rounding, tax, statements."""
