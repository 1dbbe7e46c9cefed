"""Consensus of answers in files, without a server."""
