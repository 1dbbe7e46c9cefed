"""Comparing answers field by field, and the consensus of one task."""
