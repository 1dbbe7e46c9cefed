"""Tariffs: versioned price lists of projects, from the draft over the announcement to what a claim takes its price from."""
