"""Objections of freelancers, and what upholding them changes."""
