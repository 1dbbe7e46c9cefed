"""Permissions of quality."""

from piecework.platform.identity.models import Role

GOLDEN_WRITE = "golden.write"
REVIEW = "answers.review"
ACCURACY_READ = "accuracy.read"
OWN_ACCURACY_READ = "accuracy.read_own"

PERMISSIONS = {
    GOLDEN_WRITE: frozenset({Role.CURATOR}),
    REVIEW: frozenset({Role.CURATOR}),
    ACCURACY_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    OWN_ACCURACY_READ: frozenset({Role.FREELANCER}),
}
