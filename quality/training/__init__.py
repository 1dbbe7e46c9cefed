"""Training: courses of lessons, tasks with hints and a trial, who is at what of them, and what it says of a person."""
