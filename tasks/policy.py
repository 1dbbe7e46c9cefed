"""Permissions of tasks."""

from piecework.platform.identity.models import Role

WORK = "tasks.work"
TICKETS_WRITE = "tickets.write"
TICKETS_READ = "tickets.read"
PROJECTS_READ = "projects.read"
PROJECTS_WRITE = "projects.write"
CONTRACTS_WRITE = "contracts.write"
CONTRACTS_READ = "contracts.read"
CONTRACTS_OWN = "contracts.own"
LEAVE_OWN = "leave.own"
LEAVE_DECIDE = "leave.decide"
QUALIFICATIONS_WRITE = "qualifications.write"
KNOWLEDGE_READ = "knowledge.read"
KNOWLEDGE_WRITE = "knowledge.write"
KNOWLEDGE_READERS = "knowledge.readers"
MESSAGES_SEND = "messages.send"
MESSAGES_OWN = "messages.own"
NORM_OWN = "norms.own"
NORMS_READ = "norms.read"
NORM_CASES_DECIDE = "norms.decide"
NORM_POLICY_WRITE = "norms.policy"
OUTAGES_WRITE = "outages.write"
LOAD_READ = "load.read"

PERMISSIONS = {
    WORK: frozenset({Role.FREELANCER}),
    TICKETS_WRITE: frozenset({Role.REQUESTER, Role.ADMINISTRATOR}),
    TICKETS_READ: frozenset({Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR}),
    PROJECTS_READ: frozenset({Role.REQUESTER, Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR}),
    PROJECTS_WRITE: frozenset({Role.REQUESTER, Role.ADMINISTRATOR}),
    CONTRACTS_WRITE: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    CONTRACTS_READ: frozenset({Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR}),
    CONTRACTS_OWN: frozenset({Role.APPLICANT, Role.FREELANCER}),
    LEAVE_OWN: frozenset({Role.FREELANCER}),
    LEAVE_DECIDE: frozenset({Role.CURATOR}),
    QUALIFICATIONS_WRITE: frozenset({Role.CURATOR}),
    KNOWLEDGE_READ: frozenset({Role.FREELANCER, Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR}),
    KNOWLEDGE_WRITE: frozenset({Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR}),
    KNOWLEDGE_READERS: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    MESSAGES_SEND: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    MESSAGES_OWN: frozenset({Role.FREELANCER, Role.APPLICANT}),
    NORM_OWN: frozenset({Role.FREELANCER}),
    NORMS_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    NORM_CASES_DECIDE: frozenset({Role.CURATOR}),
    NORM_POLICY_WRITE: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    OUTAGES_WRITE: frozenset({Role.ADMINISTRATOR}),
    LOAD_READ: frozenset({Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR}),
}
