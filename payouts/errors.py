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


class NothingToPay(Conflict):
    """A draft would have no line: nothing is open, or everybody with something open is left out; `left_out` counts the reasons."""

    code = "nothing_to_pay"
    title = "There is nobody to pay now."


class PayoutNotDraft(Conflict):
    """It was approved or cancelled before; only a draft can be changed, approved or cancelled."""

    code = "payout_not_draft"
    title = "This payout is not a draft any more."


class PayoutNotApproved(Conflict):
    """Files and answers of the bank are of approved payouts only."""

    code = "payout_not_approved"
    title = "This payout is not approved."


class PayoutSettled(Conflict):
    """Each of its lines is paid or returned already."""

    code = "payout_settled"
    title = "This payout is settled already."


class FourEyes(Conflict):
    """What its author approved alone within a day would be more than one person may approve alone."""

    code = "four_eyes"
    title = "Somebody else has to approve this payout."


class PayoutChanged(Conflict):
    """Somebody may not be paid any more as the draft says; `people` lists them with reasons. Remove their lines, or cancel."""

    code = "payout_changed"
    title = "Some people of this payout cannot be paid now."


class NoPayer(Conflict):
    """It is not set from which account payouts of this currency are paid."""

    code = "no_payer"
    title = "Set the payer's account of this currency first."


class NoDetailsKept(Conflict):
    """Lines from before payment details were kept here cannot be written to a file."""

    code = "no_details_kept"
    title = "This payout is older than the payment details that are kept here."


class LineNotOnItsWay(Conflict):
    """The bank has answered for this line already, or it was never ordered."""

    code = "line_not_on_its_way"
    title = "This payment is not on its way."


class BankLineDecided(Conflict):
    """A line of a bank statement is matched, or set aside, once."""

    code = "bank_line_decided"
    title = "This line of the bank statement is dealt with already."


class BankLineDiffers(Conflict):
    """The bank moved another amount, another currency or the other way: it is not this payment."""

    code = "bank_line_differs"
    title = "This line of the bank statement does not fit this payment."


class DetailsNotDoubted(Conflict):
    """Nothing was returned from these details since they were made or confirmed."""

    code = "details_not_doubted"
    title = "There is nothing to confirm about these payment details."


class ReportTooLong(Conflict):
    """More rows than are written while somebody waits."""

    code = "report_too_long"
    title = "This report is too long to wait for: ask for it with POST /report-exports."


class ExportNotReady(Conflict):
    """It is still being written, or could not be."""

    code = "export_not_ready"
    title = "This export has no file yet."


class TooManyExports(Conflict):
    """Somebody asks for more than can be written soon."""

    code = "too_many_exports"
    title = "Wait until some of the exports that you asked for are written."


class Contradiction(Exception):
    """A job asks for money against the facts (an unknown assignment, an accrual of what is not accepted): look into it."""


class NoTaxTable(Conflict):
    """A regime has no tax table for a year, so nobody can say what is to be withheld."""

    code = "no_tax_table"
    title = "There is no tax table for this regime and year."


class PeriodNotClosed(Conflict):
    """What a period withheld is known when it is closed."""

    code = "period_not_closed"
    title = "This period must be closed first."


class TaxRemitted(Conflict):
    """A period's withheld tax is paid to the state once."""

    code = "tax_remitted"
    title = "The tax of this period has been remitted already."


class InnTaken(Conflict):
    """One taxpayer number is one person."""

    code = "inn_taken"
    title = "Another person is known by this INN."


class InnMissing(Conflict):
    """A status is that of a taxpayer number, and this person has none here."""

    code = "inn_missing"
    title = "Record the person's INN first."


class ReceiptRecorded(Conflict):
    """A line of a payout has one receipt, and a receipt is for one line."""

    code = "receipt_recorded"
    title = "This line has its receipt, or this receipt is another line's."


class NoReceiptDue(Conflict):
    """Only a payment to a self-employed person has a receipt, and only after it was made."""

    code = "no_receipt_due"
    title = "No receipt is due for this line."


class RuleNotDraft(Conflict):
    """Only a draft can be approved, and only what has not ended can be ended."""

    code = "rule_not_draft"
    title = "This version of the rule is not in the state for that."


class OwnRule(Conflict):
    """A rule is drafted by one person and approved by another."""

    code = "own_rule"
    title = "Somebody else must approve a rule that you drafted."


class RuleNoticeTooShort(Conflict):
    """A rule that may pay less must be announced long enough before; `earliest` says from when on it could be in force."""

    code = "rule_notice_too_short"
    title = "This comes too soon after its announcement."


class RuleOutOfOrder(Conflict):
    """Versions of a rule begin one after the other, and each begins before it ends."""

    code = "rule_out_of_order"
    title = "A version must begin after the one before it, and before its own end."


class MeasureKnown(Conflict):
    """The same was recorded before; `replace` records it anew."""

    code = "measure_known"
    title = "This is recorded already."


class TariffDecided(Conflict):
    """A tariff is approved once, and withdrawn once."""

    code = "tariff_decided"
    title = "This tariff was approved or withdrawn before."


class OwnTariff(Conflict):
    """Whoever drafted a tariff does not approve it."""

    code = "own_tariff"
    title = "Somebody else must approve the tariff that you drafted."


class TariffOutdated(Conflict):
    """The workflow has changed since the tariff was drafted, so its prices are not what they were meant to be."""

    code = "tariff_outdated"
    title = "The project's workflow has changed since this tariff was drafted; draft it anew."


class TariffTooSoon(Conflict):
    """Prices that fall, and terms that get worse, need the notice that finance's policy says; `earliest` is when it may be."""

    code = "too_soon"
    title = "It would start or end sooner than the notice allows."


class StartTaken(Conflict):
    """Two tariffs of a project cannot start at the same moment."""

    code = "start_taken"
    title = "Another tariff of the project starts at this moment."


class TariffStarted(Conflict):
    """A tariff is withdrawn before it starts, and not in the last minute before: a claim may already be taking its price from it."""

    code = "tariff_started"
    title = "This tariff has started, or is about to; announce another one instead."


class OwnDeduction(Conflict):
    """Nobody has a hand in a deduction from their own pay."""

    code = "own_case"
    title = "This is about your own pay: somebody else must do it."


class SelfApproval(Conflict):
    """Who proposed a deduction does not decide on it."""

    code = "self_approval"
    title = "You proposed this: somebody else must decide."


class RuleNotInForce(Conflict):
    """The rule was not in force when the fact happened, or when the work that it is about was claimed."""

    code = "rule_not_in_force"
    title = "The rule was not in force then, so it cannot take anything."


class DeductionExists(Conflict):
    """A rule takes once for one answer; of a fact that is of no answer, once for its moment."""

    code = "deduction_exists"
    title = "There is a deduction by this rule for this already."


class DeductionDecided(Conflict):
    """A proposal is decided once, and a deduction ends once."""

    code = "deduction_decided"
    title = "This deduction is decided, or has ended."


class DeductionTaken(Conflict):
    """Part of it was taken: it can be given back, not cancelled."""

    code = "deduction_taken"
    title = "Something was taken already: give it back instead."


class NothingTaken(Conflict):
    """Nothing was taken that could be given back, or it was given back before."""

    code = "nothing_taken"
    title = "Nothing was taken that could be given back."


class OwnMeasure(Conflict):
    """Nobody confirms what they are paid for themselves."""

    code = "own_measure"
    title = "Somebody else must confirm this."


class OwnPayout(Conflict):
    """Nobody of finance has a hand in a payment to themselves, nor gives their own details as finance."""

    code = "own_payout"
    title = "This is about money of your own: somebody else must do it."


class OwnPolicy(Conflict):
    """The settings of pay are proposed by one person and approved by another."""

    code = "own_policy"
    title = "Somebody else must approve the pay policy that you proposed."


class PolicyDecided(Conflict):
    """A version of the pay policy is approved once, and not after a later one."""

    code = "policy_decided"
    title = "This version, or a later one, is approved already."
