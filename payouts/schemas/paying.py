"""Shapes of payout runs, payment details, the payer's account and bank statements."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from piecework.platform.money import Amount
from piecework.platform.web.operation import Query, Shape
from piecework.platform.web.paging import PageQuery

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=140)]
RunState = Literal["draft", "approved", "cancelled", "settled"]
LineState = Literal["drafted", "dropped", "ordered", "paid", "returned"]
Outcome = Literal["confirmed", "returned", "known", "unmatched", "set_aside"]


class DetailsIn(Shape):
    """An account for payouts of one currency: at a Russian bank by `account`, `bik` and perhaps `correspondent`, or by `iban`."""

    currency: Currency = "RUB"
    name: Name
    """The holder, as the bank knows them."""
    bank_name: Name
    account: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")] | None = None
    bik: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")] | None = None
    correspondent: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")] | None = None
    iban: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")] | None = None
    bic: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$")] | None = None


class DetailsChangeIn(DetailsIn):
    """The same for somebody else, and why."""

    reason: Reason


class DetailsConfirmIn(Shape):
    """Of which currency the details are right although the bank returned money."""

    currency: Currency = "RUB"


class DetailsConfirmForIn(DetailsConfirmIn):
    """The same for somebody else, and why."""

    reason: Reason


class OwnDetails(Shape):
    """One's own payment details. `account` shows the last four characters only.

    Nothing is paid to them before `usable_at`. `doubted`: the bank returned money from there; change them, or confirm that they are right.
    """

    currency: str
    name: str
    bank_name: str
    account: str
    usable_at: datetime
    doubted: bool
    created_at: datetime


class OwnDetailsList(Shape):
    """One's payment details by currency."""

    details: list[OwnDetails]


class DetailsOut(Shape):
    """Somebody's payment details in full, for finance."""

    id: UUID
    currency: str
    version: int
    name: str
    bank_name: str
    account: str | None
    bik: str | None
    correspondent: str | None
    iban: str | None
    bic: str | None
    usable_at: datetime
    doubted: bool
    created_at: datetime


class DetailsList(Shape):
    """Somebody's payment details by currency."""

    details: list[DetailsOut]


class PayerIn(Shape):
    """From which account payouts of a currency are paid, and why it changes. `kpp` is empty for a sole trader."""

    currency: Currency = "RUB"
    name: Name
    inn: Annotated[str, StringConstraints(pattern=r"^([0-9]{10}|[0-9]{12})$")]
    kpp: Annotated[str, StringConstraints(pattern=r"^([0-9]{4}[0-9A-Z]{2}[0-9]{3})?$")] = ""
    account: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")]
    bank_name: Name
    bik: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
    correspondent: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")]
    reason: Reason


class PayerOut(Shape):
    """The account from which payouts of a currency are paid."""

    currency: str
    version: int
    name: str
    inn: str
    kpp: str
    account: str
    bank_name: str
    bik: str
    correspondent: str
    created_at: datetime


class Payers(Shape):
    """The payer's accounts by currency."""

    payers: list[PayerOut]


class PayoutIn(Shape):
    """What to draft: a payout of everything that is due in a currency, to be carried out by the bank on a day."""

    currency: Currency = "RUB"
    execution_on: date
    note: Annotated[str, StringConstraints(max_length=2000)] = ""


class PayoutReasonIn(Shape):
    """Why."""

    reason: Reason


class ConfirmPayout(Shape):
    """The bank's own reference of the payment."""

    bank_reference: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PayoutQuery(PageQuery):
    """Which payouts."""

    state: RunState | None = None
    currency: Currency | None = None


class PayoutLineQuery(PageQuery):
    """Which lines."""

    state: LineState | None = None


class PayoutOut(Shape):
    """A payout. `two_people`: its total was above what one may approve alone. `chain_head`: the ledger's, as it stands in the files."""

    id: UUID
    currency: str
    number: int
    state: RunState
    execution_on: date
    note: str
    total: Amount
    lines: int
    author_id: UUID | None
    created_at: datetime
    approver_id: UUID | None
    approved_at: datetime | None
    two_people: bool
    chain_head: str | None
    cancel_reason: str | None
    ended_at: datetime | None


class PayoutFileOut(Shape):
    """A file that was made of a payout; made again it has the same bytes."""

    format: str
    sha256: str
    bytes: int
    made_at: datetime


class PayoutDetail(PayoutOut):
    """A payout with what became of its money. `left_out`: how many people have something open that it does not pay."""

    on_its_way: Amount
    paid: Amount
    returned: Amount
    left_out: int
    files: list[PayoutFileOut]


class PayoutLineOut(Shape):
    """What a payout pays to one person. `account` shows the last four characters only."""

    id: UUID
    number: int
    freelancer_id: UUID
    name: str
    amount: Amount
    currency: str
    account: str | None
    state: LineState
    reason: str
    paid_at: datetime | None
    returned_at: datetime | None


class PayoutLeftOut(Shape):
    """Somebody whom a payout left out: why, in words too, and until when, where that is known."""

    freelancer_id: UUID
    name: str
    amount: Amount
    reason: str
    words: str
    until: datetime | None


class BankStatementQuery(Query):
    """Of which currency the account of a bank statement is."""

    currency: Currency = "RUB"


class BankStatementOut(Shape):
    """A bank statement that was taken. `added` is false if this very file was taken before. The rest counts its lines by outcome."""

    id: UUID
    added: bool
    confirmed: int
    returned: int
    known: int
    unmatched: int
    set_aside: int


class BankStatementListed(Shape):
    """A bank statement that was taken."""

    id: UUID
    sha256: str
    currency: str
    lines: int
    unmatched: int
    received_by: UUID | None
    received_at: datetime


class BankLineQuery(PageQuery):
    """Which lines of bank statements."""

    outcome: Outcome | None = None
    statement_id: UUID | None = None


class BankLineOut(Shape):
    """A movement that a bank statement told, and what it came to. `why` says what does not fit, or who decided it with which words."""

    id: UUID
    statement_id: UUID
    number: int
    reference: str
    booked_on: date
    amount: Amount
    currency: str
    direction: Literal["in", "out"]
    is_return: bool
    account: str
    purpose: str
    line_id: UUID | None
    run_id: UUID | None
    outcome: Outcome
    why: str
    decided_by: UUID | None
    decided_at: datetime | None


class MatchIn(Shape):
    """Which payout line the movement is about, and how one knows."""

    line_id: UUID
    reason: Reason


class MyPayout(Shape):
    """A payment to the caller: `ordered` (on its way), `paid`, or `returned` by the bank. `account`: the last four characters."""

    id: UUID
    amount: Amount
    currency: str
    state: Literal["ordered", "paid", "returned"]
    execution_on: date
    account: str | None
    paid_at: datetime | None
    returned_at: datetime | None


class MyLeftOut(Shape):
    """Why the last payout of a currency did not pay the caller, and until when that holds, where it is known."""

    currency: str
    amount: Amount
    reason: str
    words: str
    until: datetime | None


class MyPayouts(Shape):
    """The caller's payments, newest first."""

    items: list[MyPayout]
    next_cursor: str | None
    left_out: list[MyLeftOut]
