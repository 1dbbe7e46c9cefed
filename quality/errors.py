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
