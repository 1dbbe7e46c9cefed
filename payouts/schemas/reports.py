"""Bodies and replies of the operations on reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from piecework.payouts.reports.filters import Filters
from piecework.platform.web.operation import Shape


class ColumnOut(Shape):
    """A column. An amount is a decimal string in JSON lines, a plain number in CSV, a number and its exact text in XLSX."""

    name: str
    kind: str
    says: str
    summed: bool
    """Whether the lines of totals hold its sum."""


class ReportOut(Shape):
    """A report that can be had."""

    name: str
    title: str
    says: str
    formats: list[str]
    filters: list[str]
    required: list[str]
    """Filters that it cannot do without."""
    columns: list[ColumnOut]


class ReportsOut(Shape):
    """All reports."""

    reports: list[ReportOut]


class AskExport(Shape):
    """A report that is written in the background."""

    name: str = Field(min_length=1, max_length=60)
    format: str = Field(min_length=1, max_length=20)
    filters: Filters = Field(default_factory=Filters)


class ExportOut(Shape):
    """An export. `sha256` and `size` are those of its file, once its state is `done`; then its rows do not count header and totals."""

    id: UUID
    name: str
    format: str
    filters: dict[str, Any]
    state: str
    """waiting, running, done or failed."""
    failure: str | None
    asked_at: datetime
    finished_at: datetime | None
    kept_until: datetime
    rows_expected: int | None
    rows_done: int
    rows: int | None
    totals: list[dict[str, Any]] | None
    """The report's lines of totals, one for each currency."""
    size: int | None
    sha256: str | None
