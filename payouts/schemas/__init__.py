"""Bodies and replies of the operations of payouts."""
