"""What can be refused on the way in."""

from piecework.platform.errors import Conflict, Problem


class GeneralWayIn(Problem):
    """Forms and guides may be general; a way in is a direction's."""

    code = "general_way_in"
    status = 422
    title = "A way in belongs to a direction: name it."


class AppliedBefore(Conflict):
    """One way into a direction at a time, and none for who is in."""

    code = "applied_before"
    title = "You have applied to this direction already."


class AppliedLately(Conflict):
    """Who was refused may apply again after some days."""

    code = "applied_lately"
    title = "It is too early to apply to this direction again."


class CandidacyEnded(Conflict):
    """Only an open candidacy goes on."""

    code = "candidacy_ended"
    title = "This candidacy has ended."


class OtherStage(Conflict):
    """The candidacy is at another stage."""

    code = "other_stage"
    title = "The candidacy is not at this stage."


class InterviewScored(Conflict):
    """Once all reviews are in, they and the appointment stay as they are."""

    code = "interview_scored"
    title = "This interview's reviews are in."


class SlotOver(Conflict):
    """A proposed time is chosen before it begins."""

    code = "slot_over"
    title = "This time has passed: choose another one."


class SeatsTaken(Conflict):
    """As many reviewers as the interview needs are asked."""

    code = "seats_taken"
    title = "As many reviewers as are needed have been asked."


class ReviewerAsked(Conflict):
    """A person reviews an interview once, and who declined is not asked again."""

    code = "reviewer_asked"
    title = "This person has been asked to review this interview before."


class NotAReviewer(Conflict):
    """Curators review interviews, never their own."""

    code = "not_a_reviewer"
    title = "This person does not review interviews, or it is their own."


class ReviewEnded(Conflict):
    """A review is handed in or declined once."""

    code = "review_ended"
    title = "This review is handed in, or was declined, or is not needed any more."


class InterviewNotHeld(Conflict):
    """Answers are scored once they were heard."""

    code = "interview_not_held"
    title = "The interview has not begun: it is scored afterwards."


class InterviewNotScored(Conflict):
    """It is decided once all reviews are in."""

    code = "interview_not_scored"
    title = "Not all reviews of this interview are in."


class SecondCuratorNeeded(Conflict):
    """A decision against the rule is confirmed by somebody else than who proposed it."""

    code = "second_curator_needed"
    title = "You proposed this against the rule: another curator must confirm it."
