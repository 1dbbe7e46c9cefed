"""Exams: what is asked, who may sit, how it is decided by the published rule, and what it says of a person."""
