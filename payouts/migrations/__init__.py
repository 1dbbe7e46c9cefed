"""Schema of payouts."""
