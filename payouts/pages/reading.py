"""Reports on the screen: a page of rows, the lines of totals, and where each figure comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from piecework.payouts.pages import reasons
from piecework.payouts.reports import engine, filters
from piecework.payouts.reports.columns import Column, Kind, Report
from piecework.payouts.reports.filters import Filters
from piecework.platform import db
from piecework.platform.errors import NotFound

SHOWN = 50
MOST = 3_000
"""A report that reads more entries than this is not made while somebody waits for a page: it is written in the background."""
WORDS = {
    ("entries", "kind"): "entry_kind",
    ("entries", "account"): "pay_account",
    ("liabilities", "account"): "pay_account",
    ("by-rule", "kind"): "rule_kind",
    ("by-tax", "regime"): "regime",
    ("by-ticket", "state"): "ticket_state",
    ("assignments", "state"): "assignment_state",
    ("people", "state"): "sums_state",
    ("tickets", "state"): "sums_state",
    ("tickets", "row"): "ticket_row",
}
"""Columns that hold codes, and of which kind these are."""
HIDDEN = frozenset({"business_key", "owner", "rule_ids", "source", "claimed_at", "recorded_at"})
"""Columns of the files that no page shows: ids and what other columns say in words."""
ALWAYS = frozenset({"gross", "payable", "net", "cost", "owed", "debit", "credit", "tax"})
"""Amounts that are shown even where all are 0."""
CHARTED = {
    "by-person": ("name", "gross"),
    "by-project": ("project", "gross"),
    "by-requester": ("name", "gross"),
    "by-rule": ("title", "gross"),
    "by-day": ("day", "gross"),
    "by-ticket": ("external_id", "gross"),
    "people": ("name", "payable"),
    "by-tax": ("name", "tax"),
    "cost-per-resolved-ticket": ("project", "cost"),
}
"""What a report's chart shows: of what how much."""

_TICKET, _ENTRY = ("/money/tickets/", "", "ticket_id"), "/money/entries/"
_ANSWERS = ("assignments", "freelancer", "person_id")
LINKS = {
    ("entries", "entry_id"): (_ENTRY, "", "entry_id"),
    ("entries", "resolves"): (_ENTRY, "", "resolves"),
    ("entries", "reverses"): (_ENTRY, "", "reverses"),
    ("assignments", "external_id"): _TICKET,
    ("assignments", "step"): ("entries", "assignment", "assignment_id"),
    ("assignments", "gross"): ("entries", "assignment", "assignment_id"),
    ("by-ticket", "external_id"): _TICKET,
    ("by-ticket", "gross"): _TICKET,
    ("tickets", "external_id"): _TICKET,
    ("tickets", "cost"): _TICKET,
    ("by-person", "name"): ("/money/people/", "", "person_id"),
    ("by-person", "gross"): _ANSWERS,
    ("people", "name"): ("/money/people/", "", "person_id"),
    ("people", "payable"): _ANSWERS,
    ("people", "gross"): _ANSWERS,
    ("liabilities", "name"): ("/money/people/", "", "person_id"),
    ("liabilities", "owed"): ("entries", "freelancer", "person_id"),
    ("reserved-accrued-paid", "name"): ("/money/people/", "", "person_id"),
    ("reserved-accrued-paid", "accrued"): _ANSWERS,
    ("reserved-accrued-paid", "payable"): ("entries", "freelancer", "person_id"),
    ("reserved-accrued-paid", "paid"): ("entries", "freelancer", "person_id"),
    ("by-tax", "name"): ("/money/people/", "", "person_id"),
    ("by-tax", "tax"): ("entries", "freelancer", "person_id"),
    ("by-project", "project"): ("assignments", "project", "project"),
    ("by-project", "gross"): ("assignments", "project", "project"),
    ("by-requester", "name"): ("by-project", "requester", "requester_id"),
    ("by-requester", "gross"): ("by-project", "requester", "requester_id"),
    ("by-rule", "title"): ("/money/rules/", "", "rule_id"),
    ("by-rule", "gross"): ("entries", "rule", "rule_id"),
    ("cost-per-resolved-ticket", "project"): ("by-ticket", "project", "project"),
    ("cost-per-resolved-ticket", "cost"): ("by-ticket", "project", "project"),
}
"""Cells that lead somewhere: to a report (narrowed by which filter) or a page, by which column of the row."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what it holds, in which words a code is told, and where the figure comes from."""

    column: Column
    value: Any
    words: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """Some rows of a report."""

    report: Report
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    cells: Sequence[Sequence[Cell]]
    totals: Sequence[Mapping[str, Any]]
    further: str | None
    currency: str
    """Of all amounts; empty if there are several."""


def known(name: str) -> Report:
    """A report by its name.

    Raises:
        NotFound: there is no such report.
    """
    report = engine.REPORTS.get(name)
    if report is None:
        raise NotFound
    return report


async def is_long(report: Report, given: Filters) -> bool:
    """Whether a report under these filters takes longer than a page may. Found by counting to `MOST`, and no further.

    Raises:
        Invalid: the filters do not fit.
    """
    asked = await filters.question(report.weighed, report.narrowed or report.conditions, report.required, given)
    counted: int = await db.scalar(f"SELECT count(*) FROM ({asked.sql} LIMIT {MOST + 1}) q", *asked.params)
    return counted > MOST


async def rows_of(report: Report, given: Filters) -> Sequence[Mapping[str, Any]]:
    """All rows of a report that has few, without totals.

    Raises:
        Invalid: the filters do not fit.
    """
    asked = await filters.question(report.sql, report.conditions, report.required, given)
    return [dict(row) for row in await db.rows(asked.sql, *asked.params)]


async def read(report: Report, given: Filters, start: int = 0, limit: int = SHOWN) -> Read:
    """The rows of a report from one on, and its totals over all of them.

    Raises:
        Invalid: the filters do not fit.
    """
    asked = await filters.question(report.sql, report.conditions, report.required, given)
    # Planned for all rows, which are few (`is_long`): for the first ones alone it may walk everybody's entries until it has met them.
    found = await db.rows(f"WITH q AS MATERIALIZED ({asked.sql}) SELECT * FROM q LIMIT {limit + 1} OFFSET {start}", *asked.params)
    rows = [dict(row) for row in found[:limit]]
    return put(report, rows, await _totals(report, asked), given, str(start + limit) if len(found) > limit else None)


def put(
    report: Report, rows: Sequence[Mapping[str, Any]], totals: Sequence[Mapping[str, Any]], given: Filters, further: str | None
) -> Read:
    """Rows as a page shows them; `further` is where the next ones are."""
    currencies = {row["currency"] for row in rows}
    columns = [one for one in report.columns if _shown(report, one, len(currencies)) and not _nothing(one, rows, totals)]
    return Read(
        report,
        columns,
        rows,
        [[_cell(report, one, row, given) for one in columns] for row in rows],
        totals,
        further,
        currencies.pop() if len(currencies) == 1 else "",
    )


async def _totals(report: Report, asked: filters.Question) -> list[dict[str, Any]]:
    each = [one.name for one in report.columns if one.each]
    summed = [f"coalesce(sum({one.name}), 0)::bigint AS {one.name}" for one in report.columns if one.summed]
    sql = f"SELECT {', '.join([*each, *summed])} FROM ({asked.sql}) q GROUP BY {', '.join(each)} ORDER BY {', '.join(each)}"
    return [dict(row) for row in await db.rows(sql, *asked.params)] if summed else []


def _shown(report: Report, column: Column, currencies: int) -> bool:
    if column.name == "row":
        return report.name == "tickets"
    if column.name == "currency":
        return currencies > 1
    return column.kind != Kind.UUID and column.name not in HIDDEN


def _nothing(column: Column, rows: Sequence[Mapping[str, Any]], totals: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column says nothing but 0 on every row and in all: then the page has no room for it."""
    if not column.summed or column.kind != Kind.AMOUNT or column.name in ALWAYS:
        return False
    return all(row[column.name] == 0 for row in (*rows, *totals))


def _cell(report: Report, column: Column, row: Mapping[str, Any], given: Filters) -> Cell:
    words = WORDS.get((report.name, column.name), "")
    value = reasons.told(row["kind"], row["reason"] or "") if column.name == "reason" else row[column.name]
    return Cell(column, value, words, link(report.name, column.name, row, given))


def link(report: str, column: str, row: Mapping[str, Any], given: Filters) -> str:
    """Where a cell of a report leads: one step nearer to the entries that made it; empty where it leads nowhere."""
    if report == "by-day" and column in ("day", "gross"):
        day: date = row["day"]
        return address("assignments", given, since=day, until=day + timedelta(days=1))
    place, narrowed_by, key = LINKS.get((report, column), ("", "", ""))
    value = row[key] if key else None
    if not value:
        return ""
    return f"{place}{value}" if place.startswith("/") else address(place, given, **{narrowed_by: value})


def address(report: str, given: Filters, **narrowed: Any) -> str:
    """The page of a report under the same filters and narrower ones, as far as it takes them."""
    taken = engine.REPORTS[report].conditions
    asked = {name: value for name, value in {**given.stored(), **narrowed}.items() if name in taken}
    return f"/money/reports/{report}" + (f"?{urlencode(asked)}" if asked else "")


def charted(found: Read) -> Mapping[str, Sequence[Any]]:
    """What the chart of a report shows: labels and amounts of one currency, the largest first but for days; empty if there is none."""
    label, value = CHARTED.get(found.report.name, ("", ""))
    if not label or len({row["currency"] for row in found.rows}) != 1:
        return {}
    rows = list(found.rows)
    if label != "day":
        rows = sorted(rows, key=lambda row: -abs(row[value]))[:12]
    return {"labels": [row[label] for row in rows], "values": [row[value] for row in rows], "currency": rows[0]["currency"]}


def short(label: str) -> str:
    """A label that fits under a bar: of a person the first name and an initial."""
    first, _, rest = (label or "—").partition(" ")
    return f"{first[:9]} {rest[0]}." if rest else first[:11]
