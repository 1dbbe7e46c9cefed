"""The audit: everything reckoned again from its evidence."""
