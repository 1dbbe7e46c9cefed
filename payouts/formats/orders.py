"""What every writer takes: a batch of payment orders, as plain values. Amounts are whole numbers of 1/100 kopeck."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from piecework.payouts.formats.plain import one_line
from piecework.platform.money import KOPECK, UNIT

LONGEST_PURPOSE = 210
"""As long as a purpose of payment may be, with its tag."""
TAG = re.compile(r"\bPW([0-9]{1,9})-([0-9a-f]{12})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, as its bank knows it. `kpp` is empty for a sole trader."""

    name: str
    inn: str
    kpp: str
    account: str
    bank_name: str
    bik: str
    correspondent: str


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid: into a Russian account (`account`, `bik`, `correspondent`) or into one with an `iban` (and perhaps a `bic`)."""

    person_id: UUID
    name: str
    bank_name: str
    inn: str | None = None
    account: str | None = None
    bik: str | None = None
    correspondent: str | None = None
    iban: str | None = None
    bic: str | None = None

    @property
    def into(self) -> str:
        """The account's number, of either kind."""
        return self.account or self.iban or ""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One payment: the line `line_id` of a payout. `number` is what the bank's clerks see; unique within the batch."""

    number: int
    line_id: UUID
    amount: int
    currency: str
    payee: Payee
    purpose: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The orders that go to the bank together. `created_at` and `chain_head` are stored with it: the same batch, the same bytes.

    `chain_head` is the head of the ledger's sealed chain, 64 hex digits: whoever has the file can tell whether history was changed.
    """

    id: UUID
    number: int
    currency: str
    created_at: datetime
    execution_date: date
    payer: Payer
    orders: tuple[PaymentOrder, ...]
    chain_head: str

    @property
    def count(self) -> int:
        """Control total: how many orders."""
        return len(self.orders)

    @property
    def sum(self) -> int:
        """Control total: what they pay together."""
        return sum(order.amount for order in self.orders)


class Tag(NamedTuple):
    """What a purpose of payment says about its order: the batch's number and the last 12 hex digits of the line's id."""

    batch: int
    line: str


def tag(batch: int, line_id: UUID) -> str:
    """The word that a purpose of payment begins with. The end of the id is taken: the beginning of a UUIDv7 is the time."""
    return f"PW{batch}-{line_id.hex[-12:]}"


def tag_in(text: str) -> Tag | None:
    """The first tag in a purpose that came back from a bank, whatever it put around it."""
    found = TAG.search(text)
    return None if found is None else Tag(int(found[1]), found[2].lower())


def purpose_of(batch: Batch, order: PaymentOrder) -> str:
    """The purpose as it goes to the bank: the tag comes first, because banks cut purposes at their end."""
    return f"{tag(batch.number, order.line_id)} {one_line(order.purpose)}"


def roubles(amount: int) -> str:
    """An amount of whole kopecks the way banks write it: 25000 -> "2.50"."""
    return f"{amount // UNIT}.{amount % UNIT // KOPECK:02d}"
