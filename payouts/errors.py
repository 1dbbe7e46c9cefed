"""Refusals of payouts that a caller can meet, and the contradictions that stop a job."""

from piecework.platform.errors import Conflict


class PeriodClosed(Conflict):
    """The period was closed before; its sums are final."""

    code = "period_closed"
    title = "This period is closed already."


class PeriodNotEnded(Conflict):
    """The period still runs, and closing did not ask for a cut-off; or it has not begun, so there is nothing to cut off."""

    code = "period_not_ended"
    title = "This period has not ended yet."


class PeriodNotClosed(Conflict):
    """Only a closed period can be paid out."""

    code = "period_not_closed"
    title = "This period must be closed first."


class PeriodExported(Conflict):
    """The period's payout exists; money leaves once."""

    code = "period_exported"
    title = "This period has its payout already."


class PayoutConfirmed(Conflict):
    """The bank's confirmation was recorded before."""

    code = "payout_confirmed"
    title = "This payout is confirmed already."


class Contradiction(Exception):
    """A job asks for money against the facts (an unknown assignment, an accrual of what is not accepted): look into it."""
