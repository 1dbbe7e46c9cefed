"""What the parts declare about personal data: every table that names a person is in exactly one declaration (a test holds that)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STAFF = (
    "actor",
    "asked_by",
    "assigned_by",
    "auditor_id",
    "author",
    "author_id",
    "checked_by",
    "confirmed_by",
    "created_by",
    "decided_by",
    "ended_by",
    "granted_by",
    "imposed_by",
    "lifted_by",
    "mentor_id",
    "offered_by",
    "proposed_by",
    "recorded_by",
    "requested_by",
    "reviewer_id",
    "sender_id",
    "sent_by",
    "taken_by",
)
"""Columns that say which other person acted: theirs, and in nobody else's export."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What one table keeps about a person. In the statements $1 is the account's id."""

    table: str
    title: str
    """What it is, for the person."""
    purpose: str
    """Why it is kept."""
    whose: str = "t.freelancer_id = $1"
    """Which rows, called t, are about the person."""
    rows: str = ""
    """A query whose rows are shown in the place of the table's."""
    hide: Sequence[str] = ()
    """Columns left out of the export beside those of STAFF: secrets, and what would tell something about others or about checks."""
    withheld: str = ""
    """Why nothing of it is exported; empty where it is."""
    erase: str = ""
    """The statement that erases what identifies or describes the person; empty where all of it is kept."""
    kept: str = ""
    """What stays after an erasure, why and until when; empty where nothing does."""
    days: int | None = None
    """After how many days it is erased without anybody asking."""
    since_erasure: bool = False
    """Those days count from the erasure of the account."""
    expire: str = ""
    """The statement that does so; $1 is that number of days."""


@dataclass(frozen=True, slots=True)
class NotPersonal:
    """A table that names accounts but keeps nothing about a person, and why that is so."""

    table: str
    why: str


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What an erasure has to wait for: a stable code, words for the person, and a query that returns rows while it is so ($1: the account)."""

    code: str
    says: str
    query: str


Declared = PersonalData | NotPersonal


def words_of(
    table: str,
    title: str,
    purpose: str,
    *,
    whose: str = "t.freelancer_id = $1",
    rows: str = "",
    hide: Sequence[str] = (),
    withheld: str = "",
    kept: str = "",
    days: int | None = None,
) -> PersonalData:
    """A table that SQL's make_erasable() has made erase_<table>() for."""
    return PersonalData(
        table,
        title,
        purpose,
        whose=whose,
        rows=rows,
        hide=hide,
        withheld=withheld,
        kept=kept,
        days=days,
        erase=f"SELECT erase_{table}($1, NULL)",
        expire="" if days is None else f"SELECT erase_{table}(NULL, clock_timestamp() - make_interval(days => $1))",
    )


_data: list[PersonalData] = []
_hindrances: list[Hindrance] = []


def connect(declared: Iterable[Declared], hindrances: Iterable[Hindrance]) -> None:
    """Set, once per process, what all parts declare (called by the entry point that composes the parts)."""
    _data[:] = [one for one in declared if isinstance(one, PersonalData)]
    _hindrances[:] = hindrances


def everything() -> Sequence[PersonalData]:
    """All that is kept about people, part by part from the top: what refers to other rows before these."""
    return _data


def hindrances() -> Sequence[Hindrance]:
    """All that an erasure may have to wait for."""
    return _hindrances
