"""Availability and load: shifts, supply by the hour, forecasts, people needed, invitations, the live view."""
