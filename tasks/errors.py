"""What can be refused in tasks."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from piecework.platform.errors import Conflict, Problem, TooManyRequests
from piecework.platform.said import Said, together


class NoContract(Conflict):
    """The freelancer has no contract: rate, norm and cap must be agreed before work."""

    code = "no_contract"
    title = "There is no contract yet, so no tasks can be claimed."


class HeldCapReached(Conflict):
    """As many tasks are held as the contract allows at once."""

    code = "held_cap_reached"
    title = "You hold as many tasks as your contract allows. Submit or release one first."


class WeeklyCapReached(Conflict):
    """The contract's weekly cap is used up."""

    code = "weekly_cap_reached"
    title = "Your weekly cap is reached. It is free again when your next week begins."


class ReturnedTooMany(Conflict):
    """Too many tasks were released, skipped, escalated or left to expire this week."""

    code = "returned_too_many"
    title = "You gave back as many tasks this week as your contract allows. Claims are open again when your next week begins."


class StaleLease(Conflict):
    """The lease token is not the one of this assignment."""

    code = "stale_lease"
    title = "This lease token does not hold the assignment."


class LeaseEnded(Conflict):
    """The assignment is not held any more: it expired, was released, skipped or escalated."""

    code = "lease_ended"
    title = "The assignment is no longer yours: its lease has ended."


class AlreadyAnswered(Conflict):
    """Another submission for this assignment was accepted before."""

    code = "already_answered"
    title = "This assignment has an answer already."


class SubmissionReused(Problem):
    """The submission id was used before with another body or assignment."""

    code = "submission_id_reused"
    status = 422
    title = "This submission_id was used before for something else."


class ProjectCodeTaken(Conflict):
    """A project with this code exists."""

    code = "project_code_taken"
    title = "There is a project with this code already."


class NoWorkflow(Conflict):
    """The project has no active workflow, so tickets cannot be split."""

    code = "no_workflow"
    title = "The project has no workflow yet."


class ProjectArchived(Conflict):
    """The project takes no more tickets."""

    code = "project_archived"
    title = "The project is archived."


class NotAFreelancer(Conflict):
    """Contracts and qualifications are for accounts with the role freelancer."""

    code = "not_a_freelancer"
    title = "This account does not have the role freelancer."


class NotARequester(Conflict):
    """A project belongs to an account that may send tickets."""

    code = "not_a_requester"
    title = "A project must belong to a requester or administrator."


class OwnProject(Conflict):
    """Whose tickets they are does not decide that money is taken back for them, whatever else they may."""

    code = "own_project"
    title = "This is a project of your own: somebody else must decide to take money back."


class OwnContract(Conflict):
    """Nobody writes their own contract or admits themselves."""

    code = "own_contract"
    title = "Somebody else must agree your contract and admit you."


class Blocked(Conflict):
    """A curator has blocked this person from work for a time; the restriction says why and until when."""

    code = "blocked"
    title = "You may not claim tasks for now. GET /me/restrictions says why, until when, and you may appeal."


class InstructionUnread(Conflict):
    """Instructions must be read first; `instructions` says of each its `project`, newest `version`, where to `read` it and to say so (`done`)."""

    code = "instruction_unread"
    title = "Read the new instructions first, then claim."

    @classmethod
    def of(cls, unread: Iterable[Mapping[str, Any]]) -> Self:
        """Of these projects (code) in these versions (version)."""
        listed = [(row["code"], row["version"]) for row in unread]
        return cls(
            Said(
                "To read: %(listed)s.",
                listed=together(
                    [Said("%(code)s, version %(version)s", code=code, version=version) for code, version in listed], ", "
                ),
            ),
            instructions=[
                {
                    "project": code,
                    "version": version,
                    "read": f"GET /projects/{code}/instructions/{version}",
                    "done": f"POST /me/instructions/{code}/{version}/read",
                }
                for code, version in listed
            ],
        )


class NoLineAbove(Conflict):
    """Nobody else is admitted to a line above the one that the task is on."""

    code = "no_line_above"
    title = "There is no line above that could take this task. Answer it, or give it back."


class ChangedMeanwhile(Conflict):
    """Somebody published a version after the one that this one was written from."""

    code = "changed_meanwhile"
    title = "There is a newer version than the one you wrote from. Look at it first."


class ArticleArchived(Conflict):
    """An archived article stays as it is."""

    code = "article_archived"
    title = "This article is archived."


class ArticleNotOpened(Conflict):
    """Whether an article helped can be said by who has read it."""

    code = "article_not_opened"
    title = "Open the article first."


class Nobody(Conflict):
    """A message must go to somebody."""

    code = "nobody"
    title = "There is nobody of whom this holds."


class TooManyWideMessages(TooManyRequests):
    """Messages to many people are few, or nobody reads them."""

    code = "too_many_wide_messages"
    title = "You have sent as many messages to many people as one may within an hour."


class TicketRated(Conflict):
    """The ticket has a mark already; `replace` gives it a new one."""

    code = "ticket_rated"
    title = "This ticket has its customer's mark already."


class TooManyResults(Conflict):
    """A file of results has at most 100,000 lines; `since` and `until` make it shorter."""

    code = "too_many_results"
    title = "These are too many results for one file. Ask for fewer days."


class TooManyBadRows(Problem):
    """More than 1,000 rows of a file cannot be tickets: reading stopped there, and nothing of it is taken in."""

    code = "too_many_bad_rows"
    status = 422
    title = "Too many rows of this file do not fit, so it was not read to its end. Nothing of it was taken in."

    def __init__(self, most: int, line: int) -> None:
        super().__init__(most_bad_rows=most, stopped_at=line)


class TicketNotEnded(Conflict):
    """A ticket under way cannot be taken up again."""

    code = "ticket_not_ended"
    title = "This ticket is still open."


class NothingToRedo(Conflict):
    """A step that was never done cannot be done anew."""

    code = "nothing_to_redo"
    title = "This step of the ticket was never done."


class BudgetExceeded(Conflict):
    """The ticket's budget does not allow it; a larger one would."""

    code = "budget_exceeded"
    title = "The ticket's budget does not allow it. Raise it first."


class OfferClosed(Conflict):
    """The offer was accepted, declined, withdrawn or superseded, or its time is over; `state` says which."""

    code = "offer_closed"
    title = "This offer is not open any more."


class OtherText(Conflict):
    """What is accepted is not what the offer says: it must be read again."""

    code = "other_text"
    title = "This is not the text of the offer. Read it again and accept what it says."


class NothingInForce(Conflict):
    """There is no contract in force, nor one to come."""

    code = "nothing_in_force"
    title = "There is no contract in force, nor one to come."


class EndsAlready(Conflict):
    """An end at that time or sooner is announced already."""

    code = "ends_already"
    title = "The contract ends by then already."


class AwayAlready(Conflict):
    """Leave, illness or a pause was told for some of that time before."""

    code = "away_already"
    title = "You have told of an absence for some of this time already. Cut that one short or cancel it first."


class AwayTooLong(Conflict):
    """The contract allows only so much leave, and so many pauses, within a year."""

    code = "away_too_long"
    title = "This would be more than the contract allows within a year."


class AbsenceBegun(Conflict):
    """What has begun can be cut short and not cancelled; what is over, neither."""

    code = "absence_begun"
    title = "This absence has begun or is over."


class NothingToConfirm(Conflict):
    """It needs no confirmation, was cancelled, or somebody has decided on it."""

    code = "nothing_to_confirm"
    title = "There is nothing to decide about this absence."


class OwnAbsence(Conflict):
    """Nobody confirms their own absence."""

    code = "own_absence"
    title = "Somebody else must decide about your own absence."


class NormCaseDecided(Conflict):
    """Somebody has decided the case, or its weeks are not missed any more."""

    code = "norm_case_decided"
    title = "This case is decided, or its weeks are not missed any more."


class WeeksMayBeAppealed(Conflict):
    """One of the weeks may still be appealed, or is: nothing is decided before."""

    code = "weeks_may_be_appealed"
    title = "The weeks of this case may still be appealed, or are. Decide when that is over."
