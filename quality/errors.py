"""What can be refused in quality."""

from piecework.platform.errors import Conflict, Problem


class NotComparable(Problem):
    """A step with free text alone has no answer that could be known beforehand."""

    code = "step_not_comparable"
    status = 422
    title = "This step's answers cannot be compared with a known answer."


class GoldenKnown(Conflict):
    """The same input is a golden task of this step already."""

    code = "golden_known"
    title = "This input is a golden task of the step already."


class NotAwaitingReview(Conflict):
    """The answer was accepted or rejected before, or never submitted."""

    code = "not_awaiting_review"
    title = "This answer is not awaiting a decision."


class OwnWork(Conflict):
    """Nobody reviews their own answers."""

    code = "own_work"
    title = "You cannot review your own answer."


class NothingToAppeal(Conflict):
    """Nothing was decided against the person, or it was undone."""

    code = "nothing_to_appeal"
    title = "There is nothing here to object to."


class AppealTooLate(Conflict):
    """The time to appeal has passed."""

    code = "appeal_too_late"
    title = "The time to appeal against this has passed."


class AppealedBefore(Conflict):
    """Each thing can be appealed once."""

    code = "appealed_before"
    title = "You have appealed against this before."


class AppealDecided(Conflict):
    """An appeal is decided once."""

    code = "appeal_decided"
    title = "This appeal is decided."


class NotImpartial(Conflict):
    """Whoever had a hand in what is to be decided, or whom it concerns, does not decide."""

    code = "not_impartial"
    title = "You had a hand in this, or it concerns you: somebody else must decide."


class NeedsConfirmedCase(Conflict):
    """Pay is held back, and people are blocked, only once a person has confirmed a case against them."""

    code = "needs_confirmed_case"
    title = "This needs a confirmed case against the person."


class CaseDecided(Conflict):
    """A case is decided once."""

    code = "case_decided"
    title = "This case is decided."


class AuditNotTaken(Conflict):
    """Somebody else has this audit now, or nobody took it."""

    code = "audit_not_taken"
    title = "You do not have this audit: take one first."


class AuditEnded(Conflict):
    """The audit is done, or the answer was decided without it."""

    code = "audit_ended"
    title = "This audit has ended."


class NotDisputed(Conflict):
    """The task waits for no decision, or somebody has decided it."""

    code = "not_disputed"
    title = "This task is not in dispute."


class NotPromotable(Conflict):
    """Only an ordinary task with a known answer, whose ticket is done, becomes a golden task."""

    code = "not_promotable"
    title = "This task cannot become a golden task."


class OwnKey(Conflict):
    """A doubted key is looked at by somebody who did not make it."""

    code = "own_key"
    title = "You made this key: another curator must look at it."


class KeyChanged(Conflict):
    """Somebody else decided about the key meanwhile."""

    code = "key_changed"
    title = "The key is no longer what you looked at."


class NotQuarantined(Conflict):
    """Nobody doubts the key."""

    code = "not_quarantined"
    title = "Only a quarantined key is confirmed."


class AgainstEvidence(Conflict):
    """The criteria do not say so, or none are published: a second curator must confirm it."""

    code = "against_evidence"
    title = "The published criteria do not say so. With `against_evidence` it becomes a proposal that a second curator confirms."


class AdmissionProposed(Conflict):
    """A decision about this person and code waits for a second curator."""

    code = "admission_proposed"
    title = "A proposal about this person and qualification waits for a second curator."


class CriteriaSettled(Conflict):
    """A draft of criteria is published or dropped once."""

    code = "criteria_settled"
    title = "This draft is published or dropped already."


class AdmissionSettled(Conflict):
    """A proposal is confirmed or dropped once; what is by the evidence needs no second curator."""

    code = "admission_settled"
    title = "This decision waits for nobody."


class HeldAlready(Conflict):
    """The person has this qualification at that level and line, or above."""

    code = "qualification_held"
    title = "What is held already of this qualification is as much, or more in level, line, languages or time."


class AdmissionAsked(Conflict):
    """One request per code at a time."""

    code = "admission_asked"
    title = "You have asked for this qualification already, at another level or line. Withdraw that first."


class NotAMentor(Conflict):
    """A mentor works on the second line, or is a senior."""

    code = "not_a_mentor"
    title = "A mentor has a qualification of line 2 or level 3."
