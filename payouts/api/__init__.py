"""The operations of payouts."""
