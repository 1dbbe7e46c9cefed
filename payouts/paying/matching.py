"""Which payout line a movement of a bank statement is about, and what it tells of it. Decided on plain values; no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from piecework.payouts.formats.bank_lines import BankLine


class Outcome(StrEnum):
    """What a movement came to."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
    KNOWN = "known"
    UNMATCHED = "unmatched"
    SET_ASIDE = "set_aside"


class Why(StrEnum):
    """Why a movement is unmatched, or known. Stable: programs decide by them."""

    NOT_A_RETURN = "not_a_return"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    OTHER_AMOUNT = "other_amount"
    OTHER_CURRENCY = "other_currency"
    NOT_ORDERED = "not_ordered"
    PAID_BEFORE = "paid_before"
    RETURNED_BEFORE = "returned_before"
    READ_BEFORE = "read_before"
    RECORDED_BY_HAND = "recorded_by_hand"
    MATCHED = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done about a movement: `lines` are the payout's lines that it is about."""

    outcome: Outcome
    why: Why = Why.MATCHED
    lines: Sequence[UUID] = ()
    run_id: UUID | None = None
    """The bank booked all lines of this run as one movement."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a movement may be about: lines, or a whole run with those of its lines that are on their way."""

    lines: Sequence[UUID] = ()
    run_id: UUID | None = None


def fits(moved: BankLine, line: Mapping[str, Any]) -> Why | None:
    """Why this movement cannot be the payment, or the return, of this line; None if it can."""
    if moved.currency != line["currency"]:
        return Why.OTHER_CURRENCY
    if moved.amount != line["amount"]:
        return Why.OTHER_AMOUNT
    if line["state"] in ("drafted", "dropped"):
        return Why.NOT_ORDERED
    return None


def decide(moved: BankLine, about: Candidates, lines: Mapping[UUID, Any], told: set[tuple[UUID, str]]) -> Decided:
    """What a movement that was not read before tells.

    `lines` are the candidates as they are now; `told` says of which of them a statement told a movement in which direction before.
    What was recorded by hand is known when the bank first tells it; what it tells a second time somebody has to look into.
    """
    if moved.direction == "in" and not moved.is_return:
        return Decided(Outcome.UNMATCHED, Why.NOT_A_RETURN)
    if about.run_id is not None and moved.direction == "out":
        return _whole_run(moved, about, lines)
    if len(about.lines) != 1:
        return Decided(Outcome.UNMATCHED, Why.AMBIGUOUS if about.lines else Why.UNKNOWN)
    line = lines[about.lines[0]]
    if (wrong := fits(moved, line)) is not None:
        return Decided(Outcome.UNMATCHED, wrong, about.lines)
    return _one_line(moved, line, (line["id"], moved.direction) in told)


def _one_line(moved: BankLine, line: Mapping[str, Any], told_before: bool) -> Decided:
    """What a movement tells of the line that it fits."""
    goes, outcome, again = (
        (("ordered",), Outcome.CONFIRMED, Why.PAID_BEFORE)
        if moved.direction == "out"
        else (("ordered", "paid"), Outcome.RETURNED, Why.RETURNED_BEFORE)
    )
    if line["state"] in goes:
        return Decided(outcome, lines=[line["id"]])
    if moved.direction == "out" and line["state"] == "returned" and line["paid_at"] is None:
        # Somebody said that it came back, and it is due again; now the bank says that it went: did it ever come back?
        return Decided(Outcome.UNMATCHED, Why.RETURNED_BEFORE, [line["id"]])
    if told_before:
        return Decided(Outcome.UNMATCHED, again, [line["id"]])
    return Decided(Outcome.KNOWN, Why.RECORDED_BY_HAND, [line["id"]])


def _whole_run(moved: BankLine, about: Candidates, lines: Mapping[UUID, Any]) -> Decided:
    ordered = [line_id for line_id in about.lines if lines[line_id]["state"] == "ordered"]
    if not ordered:
        return Decided(Outcome.UNMATCHED, Why.PAID_BEFORE, run_id=about.run_id)
    if moved.amount != sum(lines[line_id]["amount"] for line_id in ordered):
        return Decided(Outcome.UNMATCHED, Why.OTHER_AMOUNT, run_id=about.run_id)
    return Decided(Outcome.CONFIRMED, lines=ordered, run_id=about.run_id)
