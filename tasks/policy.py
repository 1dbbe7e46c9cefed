"""Permissions of tasks."""

from piecework.platform.identity.models import Role

WORK = "tasks.work"
TICKETS_WRITE = "tickets.write"
TICKETS_READ = "tickets.read"
PROJECTS_READ = "projects.read"
PROJECTS_WRITE = "projects.write"
CONTRACTS_WRITE = "contracts.write"
QUALIFICATIONS_WRITE = "qualifications.write"

PERMISSIONS = {
    WORK: frozenset({Role.FREELANCER}),
    TICKETS_WRITE: frozenset({Role.REQUESTER, Role.ADMINISTRATOR}),
    TICKETS_READ: frozenset({Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR}),
    PROJECTS_READ: frozenset({Role.REQUESTER, Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR}),
    PROJECTS_WRITE: frozenset({Role.REQUESTER, Role.ADMINISTRATOR}),
    CONTRACTS_WRITE: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    QUALIFICATIONS_WRITE: frozenset({Role.CURATOR}),
}
