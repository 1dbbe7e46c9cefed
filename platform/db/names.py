"""Whose connection a statement runs on."""

APP = "default"
"""The application's role, in the current transaction if there is one."""
FREELANCER = "freelancer"
"""The freelancer-facing role: each statement a transaction of its own."""
