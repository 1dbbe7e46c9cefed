"""What a report is: its columns, its statement, what it can be narrowed to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a cell holds. An amount is a whole number of 1/100 kopecks; an instant is in UTC."""

    TEXT = "text"
    UUID = "uuid"
    INT = "int"
    AMOUNT = "amount"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. On the lines of totals, `summed` ones hold the sum; `each` ones say of which rows it is."""

    name: str
    kind: Kind
    says: str
    summed: bool = False
    each: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report as plain data: the engine runs it, the writers write it, GET /reports shows it.

    The statement gives the columns in their order, by name, in an order of rows that is the same each time. The first column says what
    a row is; it is `total` on the last lines, one for each currency.
    """

    name: str
    title: str
    says: str
    columns: tuple[Column, ...]
    sql: str
    conditions: Mapping[str, str]
    required: frozenset[str] = frozenset()
    weighed: str = ""
    """What is read to make it: a statement with a row for each movement. Nobody reads it to its end."""
    narrowed: Mapping[str, str] | None = None
    """Its conditions, where they are not the report's own."""


def text(name: str, says: str) -> Column:
    """A column of text."""
    return Column(name, Kind.TEXT, says)


def uuid(name: str, says: str) -> Column:
    """A column of UUIDs."""
    return Column(name, Kind.UUID, says)


def number(name: str, says: str, *, summed: bool = False) -> Column:
    """A column of whole numbers."""
    return Column(name, Kind.INT, says, summed=summed)


def amount(name: str, says: str, *, summed: bool = True) -> Column:
    """A column of amounts, by default with a sum below."""
    return Column(name, Kind.AMOUNT, says, summed=summed)


def instant(name: str, says: str) -> Column:
    """A column of instants."""
    return Column(name, Kind.INSTANT, says)


ROW = text("row", "What the row is: row, or total on the last lines.")
CURRENCY = Column("currency", Kind.TEXT, "ISO 4217. There is a line of totals for each.", each=True)
