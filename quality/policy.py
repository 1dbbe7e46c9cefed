"""Permissions of quality."""

from piecework.platform.identity.models import Role

GOLDEN_WRITE = "golden.write"
GOLDEN_READ = "golden.read"
REVIEW = "answers.review"
ACCURACY_READ = "accuracy.read"
OWN_ACCURACY_READ = "accuracy.read_own"
APPEAL = "appeals.raise"
APPEALS_DECIDE = "appeals.decide"
RESTRICTIONS_OWN = "restrictions.read_own"
RESTRICTIONS_READ = "restrictions.read"
RESTRICTIONS_WRITE = "restrictions.write"
CASES = "cases.decide"
AUDIT = "answers.audit"
AUDITS_PLAN = "audits.plan"
DISPUTES = "disputes.decide"
REPORTS = "quality.reports"

PERMISSIONS = {
    GOLDEN_WRITE: frozenset({Role.CURATOR}),
    GOLDEN_READ: frozenset({Role.CURATOR}),
    REVIEW: frozenset({Role.CURATOR}),
    ACCURACY_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    OWN_ACCURACY_READ: frozenset({Role.FREELANCER}),
    APPEAL: frozenset({Role.FREELANCER}),
    APPEALS_DECIDE: frozenset({Role.CURATOR}),
    RESTRICTIONS_OWN: frozenset({Role.FREELANCER}),
    RESTRICTIONS_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    RESTRICTIONS_WRITE: frozenset({Role.CURATOR}),
    CASES: frozenset({Role.CURATOR}),
    AUDIT: frozenset({Role.CURATOR}),
    AUDITS_PLAN: frozenset({Role.CURATOR}),
    DISPUTES: frozenset({Role.CURATOR}),
    REPORTS: frozenset({Role.CURATOR, Role.ADMINISTRATOR, Role.REQUESTER}),
}
