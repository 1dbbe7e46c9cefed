"""What any bank statement says, line by line, whatever its format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from piecework.payouts.formats.orders import Tag
from piecework.platform.errors import Problem
from piecework.platform.money import LIMIT, UNIT
from piecework.platform.said import Said

MOST_BYTES = 32 * 2**20
"""A statement larger than this is not read."""
AMOUNT = re.compile(r"([0-9]{1,18})(?:[.]([0-9]{1,2})0{0,3})?")
LONGEST_PURPOSE = 2_000
"""More of a purpose is not looked at; banks have 210 characters. `raw` keeps all of it."""
HEX_ID = re.compile(r"[0-9a-fA-F]{32}")

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class BankLine:
    """One movement of our account that the bank has booked. Amounts are positive, in 1/100 kopeck; `direction` is seen from us.

    `reference` is the same whenever the same movement is read again, and different for every other one of its account. What tells
    which payout line it is about, best first: `line_id` (pain.001's EndToEndId), `tag` (of the purpose), then `order_number`
    with the amount and `account`, the other side's. `batch_id`: the bank booked a whole pain.001 batch as one movement.
    `is_return`: money that we sent came back, for `return_reason` as far as the bank says why.
    """

    reference: str
    booked_on: date
    amount: int
    currency: str
    direction: Direction
    line_id: UUID | None
    tag: Tag | None
    order_number: int | None
    batch_id: UUID | None
    account: str
    is_return: bool
    return_reason: str
    purpose: str
    raw: Mapping[str, str]


class BrokenFile(Problem):
    """The file cannot be read as what it says it is, or says something that no statement may say. Nothing of it counts.

    `errors` has one item: the `field` says where, the `code` what: too_large, unknown_format, not_xml, forbidden_xml, encoding,
    no_head, cut_off, not_a_line, nested, duplicate, missing, too_long, not_an_amount, not_a_date, not_a_direction,
    other_currency, foreign_movement, sums_differ.
    """

    code = "broken_file"
    status = 422
    title = "This bank statement cannot be read."
    detail_says_all = True

    def __init__(self, where: str | Said, what: str, message: str | Said) -> None:
        """`where` is a place in the file, such as `at_line(12)`; `what` is the stable code."""
        detail = Said("%(where)s: %(what)s", where=where, what=message)
        super().__init__(detail, errors=[{"field": str(where), "code": what, "message": message}])
        self.where = str(where)
        self.what = what


def at_line(number: int) -> Said:
    """A line of a file, as a place."""
    return Said("line %(line)s", line=str(number))


def amount_of(text: str, where: str | Said) -> int:
    """A positive amount of whole kopecks, in 1/100 kopeck.

    Raises:
        BrokenFile: anything else: signs, exponents, NaN, parts of kopecks, nothing at all, more than can be.
    """
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise BrokenFile(where, "not_an_amount", Said("An amount is a plain positive number with at most two decimals."))
    amount = int(Decimal(f"{found[1]}.{found[2] or 0}") * UNIT)
    if not 0 < amount < LIMIT:
        raise BrokenFile(where, "not_an_amount", Said("The amount must be more than nothing and less than 100 billion."))
    return amount


def id_of(text: str) -> UUID | None:
    """The id that a reference is, if it is one of ours: 32 hex digits."""
    return UUID(text) if HEX_ID.fullmatch(text) else None


def small_enough(data: bytes) -> None:
    """Refuse a file that is too large to be a statement.

    Raises:
        BrokenFile: too_large.
    """
    if len(data) > MOST_BYTES:
        raise BrokenFile("file", "too_large", Said("At most %(most)s MiB are read.", most=MOST_BYTES // 2**20))
