"""The books: append-only entries in pay periods."""
