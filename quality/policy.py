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
POLICIES_WRITE = "policies.write"
ADMISSION_ASK = "admissions.ask"
ADMISSIONS_READ = "admissions.read"
ADMISSION_POLICY = "admissions.policy"
CRITERIA_DECIDE = "criteria.decide"
OWN_CANDIDACY = "candidacies.own"
CANDIDACIES = "candidacies.decide"
CANDIDACIES_READ = "candidacies.read"
EXAMS_WRITE = "exams.write"
EXAMS_READ = "exams.read"
EXAMS_SIT = "exams.sit"
TRAINING_WRITE = "training.write"
TRAINING_READ = "training.read"
TRAINING_TAKE = "training.take"
HOMEWORK_CHECK = "homework.check"
WRITING = "writing.own"

PERMISSIONS = {
    GOLDEN_WRITE: frozenset({Role.CURATOR}),
    GOLDEN_READ: frozenset({Role.CURATOR}),
    REVIEW: frozenset({Role.CURATOR}),
    ACCURACY_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    OWN_ACCURACY_READ: frozenset({Role.FREELANCER}),
    APPEAL: frozenset({Role.APPLICANT, Role.FREELANCER}),
    APPEALS_DECIDE: frozenset({Role.CURATOR}),
    RESTRICTIONS_OWN: frozenset({Role.FREELANCER}),
    RESTRICTIONS_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    RESTRICTIONS_WRITE: frozenset({Role.CURATOR}),
    CASES: frozenset({Role.CURATOR}),
    AUDIT: frozenset({Role.CURATOR, Role.FREELANCER}),  # as for disputes
    AUDITS_PLAN: frozenset({Role.CURATOR}),
    DISPUTES: frozenset({Role.CURATOR, Role.FREELANCER}),  # of these only who is of the second line finds any
    REPORTS: frozenset({Role.CURATOR, Role.ADMINISTRATOR, Role.REQUESTER}),
    POLICIES_WRITE: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    ADMISSION_ASK: frozenset({Role.FREELANCER, Role.APPLICANT}),
    ADMISSIONS_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    ADMISSION_POLICY: frozenset({Role.ADMINISTRATOR}),
    CRITERIA_DECIDE: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    OWN_CANDIDACY: frozenset({Role.APPLICANT, Role.FREELANCER}),
    CANDIDACIES: frozenset({Role.CURATOR}),
    CANDIDACIES_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    EXAMS_WRITE: frozenset({Role.CURATOR}),
    EXAMS_READ: frozenset({Role.CURATOR}),
    EXAMS_SIT: frozenset({Role.APPLICANT, Role.FREELANCER}),
    TRAINING_WRITE: frozenset({Role.CURATOR}),
    TRAINING_READ: frozenset({Role.CURATOR, Role.ADMINISTRATOR, Role.FREELANCER}),  # a freelancer sees whom they mentor
    TRAINING_TAKE: frozenset({Role.APPLICANT, Role.FREELANCER}),
    HOMEWORK_CHECK: frozenset({Role.CURATOR, Role.FREELANCER}),  # a freelancer checks that of whom they mentor
    WRITING: frozenset({Role.CURATOR}),
}
