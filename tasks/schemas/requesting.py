"""Shapes of what requesters send in files, watch, and take away."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.web.operation import Query, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.tasks.intake import TicketIn
from piecework.tasks.models import Channel
from piecework.tasks.schemas.work import Source, TicketOut

LONGEST = 4_000_000
TicketField = Literal["external_id", "channel", "language", "subject", "text", "urgent", "deadline_at"]
CellValue = Annotated[str, StringConstraints(min_length=1, max_length=500)]
FieldCode = Annotated[str, StringConstraints(max_length=20)]
FileName = Annotated[str, StringConstraints(max_length=200)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


class ColumnIn(Shape):
    """Where a field of tickets comes from: a column by its header; `value` stands in where there is none, or its cell is empty.

    `values`, of `channel`, `language` and `urgent`, says what is meant by values that are not understood by themselves: value -> code. It
    holds on for the project's next files; an empty code takes it back.
    """

    name: Annotated[str, StringConstraints(max_length=500)] | None = None
    value: Annotated[str, StringConstraints(max_length=500)] = ""
    values: dict[CellValue, FieldCode] = Field(default_factory=dict, max_length=200)


class LaidColumn(Shape):
    """Where a field of tickets comes from, as it was laid out, and what was said of values."""

    name: str | None
    value: str
    values: dict[str, str] = Field(default_factory=dict)


class ValueOut(Shape):
    """A value of the file, in how many rows it stands, and the code that it means; null: it is not understood.

    The empty value is the empty cells: `code` is what stands in there.
    """

    value: str
    rows: int
    code: str | None


class ValuesOut(Shape):
    """The values of a field, first those that are not understood, then the most frequent; `more` others are not listed."""

    shown: list[ValueOut]
    more: int


class TicketFileIn(Shape):
    """A file of tickets as CSV (commas, semicolons or tabs; its first line names the columns).

    Without `columns` they are laid out as in the project's newest import if the file has those columns, else by what columns are called.
    Channels, languages and urgency are understood by code and by their English and Russian names, in any case. At most 100,000 rows.
    """

    source: Source
    file_name: FileName = ""
    rows: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    columns: dict[TicketField, ColumnIn] | None = None


class BadRowOut(Shape):
    """A row that cannot be a ticket: the line on which it begins, and what is wrong, field by field. Its words are not repeated."""

    line: int
    external_id: str
    faults: list[tuple[str, str]]


class TicketFilePreview(Shape):
    """What a file holds. Nothing is stored yet. `names` are its columns; `first` the first tickets; `bad` the first rows that are none.

    `values` tells of `channel`, `language` and `urgent` how each value was understood. After 1,000 bad rows reading stops at line
    `stopped_at`: such a file cannot be sent, and `good` and `values` count only what was read.
    """

    names: list[str]
    columns: dict[str, LaidColumn]
    values: dict[str, ValuesOut]
    stopped_at: int | None
    good: int
    rejected: int
    first: list[TicketIn]
    bad: list[BadRowOut]


class TicketImportOut(Shape):
    """An import. `good` rows are taken in one after the other (`added` are new, `known` were there before); `rejected` are not.

    state: waiting · running · done · failed (`failure` says why; what came in so far stays).
    """

    id: UUID
    project: str
    source: str
    file_name: str
    columns: dict[str, LaidColumn]
    asked_by: UUID
    good: int
    rejected: int
    added: int
    known: int
    bad: list[BadRowOut]
    state: str
    failure: str | None
    asked_at: datetime
    finished_at: datetime | None


class TicketImports(Page[TicketImportOut]):
    """A page of imports."""


class AtRiskQuery(PageQuery):
    """Open tickets that are overdue, or due within so many minutes; of one channel, if it is given."""

    channel: Channel | None = None
    within_minutes: int = Field(default=240, ge=0, le=43_200)


class WaitingTask(Shape):
    """A task that the ticket waits for: answers given and wanted, and how many people are at it now."""

    step: str
    title: str
    state: str
    answers: int
    overlap: int
    working: int


class AtRiskOut(TicketOut):
    """An open ticket with what it waits for; with nothing, the next step is being opened."""

    waiting: list[WaitingTask]


class AtRisk(Page[AtRiskOut]):
    """A page of tickets at risk, the nearest deadline first."""


class ResultsQuery(Query):
    """Tickets resolved from the one day to the other, both included, by UTC; without them all."""

    since: Day | None = None
    until: Day | None = None
