"""Permissions of identity and of the audit trail."""

from piecework.platform.identity.models import Role

ACCOUNTS_READ = "accounts.read"
ACCOUNTS_WRITE = "accounts.write"
TRAIL_READ = "trail.read"

PERMISSIONS = {
    ACCOUNTS_READ: frozenset({Role.ADMINISTRATOR, Role.CURATOR}),
    ACCOUNTS_WRITE: frozenset({Role.ADMINISTRATOR}),
    TRAIL_READ: frozenset({Role.ADMINISTRATOR}),
}
