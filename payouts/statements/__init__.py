"""Statements for the people who earned: one page per period, from the total down to each assignment. HTML and PDF of one content."""
