"""Rules for more pay: versions, the calendar, and what they add to an answer."""
