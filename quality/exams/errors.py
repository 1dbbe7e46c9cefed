"""What can be refused about exams."""

from piecework.platform.errors import Conflict, Problem


class AttemptOver(Problem):
    """The time is over, or the attempt was ended: what was asked is not shown again."""

    code = "attempt_over"
    status = 410
    title = "This attempt has ended."


class AttemptRunning(Conflict):
    """One attempt at a time."""

    code = "attempt_running"
    title = "An attempt of yours is under way."


class RetakeTooEarly(Conflict):
    """The delay between two attempts has not passed."""

    code = "retake_too_early"
    title = "It is too early for another attempt."


class AttemptsUsedUp(Conflict):
    """As many attempts as are allowed have begun within the span."""

    code = "attempts_used_up"
    title = "You have used up your attempts for now."


class PassedAlready(Conflict):
    """A pass is still valid for long."""

    code = "passed_already"
    title = "You have passed this exam, and that is still valid."


class NotAtThisStage(Conflict):
    """Applicants sit an exam at the stage that asks for it."""

    code = "not_at_this_stage"
    title = "You are not at the stage that asks for this exam."


class KnowsTheKeys(Conflict):
    """Who wrote, approved or published an exam or its questions does not sit it."""

    code = "knows_the_keys"
    title = "You have had a hand in this exam: you cannot sit it."


class PoolTooSmall(Conflict):
    """A pool has fewer approved questions than the exam draws."""

    code = "pool_too_small"
    title = "A pool has too few questions for this exam."


class UsedLive(Conflict):
    """A golden task that can be handed out, or ever was, is no exam question; one input serves one of the two only."""

    code = "used_live"
    title = "This input is a golden task that was handed out, or an exam question already."


class NotUpheld(Conflict):
    """Only an appeal that was upheld lets a result be changed, once."""

    code = "not_upheld"
    title = "Nothing about this attempt waits to be marked again."
