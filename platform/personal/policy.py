"""Permissions of personal data."""

from piecework.platform.identity.models import Role

DATA_DECIDE = "data.decide"

PERMISSIONS = {DATA_DECIDE: frozenset({Role.ADMINISTRATOR})}
