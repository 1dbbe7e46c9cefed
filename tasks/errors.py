"""What can be refused in tasks."""

from piecework.platform.errors import Conflict, Problem


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
    title = "Your weekly cap is reached. It is free again from Monday."


class ReturnedTooMany(Conflict):
    """Too many tasks were released, skipped or left to expire this week."""

    code = "returned_too_many"
    title = "You gave back as many tasks this week as your contract allows. Claims are open again from Monday."


class StaleLease(Conflict):
    """The lease token is not the one of this assignment."""

    code = "stale_lease"
    title = "This lease token does not hold the assignment."


class LeaseEnded(Conflict):
    """The assignment is not held any more: it expired, was released or skipped."""

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


class TicketRated(Conflict):
    """The ticket has a mark already; `replace` gives it a new one."""

    code = "ticket_rated"
    title = "This ticket has its customer's mark already."


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
