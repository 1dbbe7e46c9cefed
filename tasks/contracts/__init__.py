"""Contracts: offered, accepted, in force, ended; and the time that people are away from work."""
