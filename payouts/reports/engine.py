"""Runs a report: definition -> rows -> writer. One snapshot, rows from a server-side cursor in batches, exact sums at the end.

Memory grows neither with the rows nor with the file. A file without its lines of totals is incomplete.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from piecework.payouts.errors import ReportTooLong
from piecework.payouts.reports import beancount, earned, filters, standing
from piecework.payouts.reports.columns import Report
from piecework.payouts.reports.filters import Filters
from piecework.payouts.reports.writers import EXACT, MAKERS
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.said import Said

BATCH = 1000
REPORTS = {report.name: report for report in (*earned.REPORTS, *standing.REPORTS)}
"""All reports with columns, by name. Beside them there is the ledger for beancount."""
TIMEOUT_S = 600

Told = Callable[[int], None]
"""Is told how many rows are written, after each batch."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: rows without header and totals, and the lines of totals by column name."""

    rows: int
    totals: list[dict[str, Any]]


def _nobody(_rows: int) -> None:
    """Nobody wants to know."""


def known(name: str, form: str) -> bool:
    """Whether there is such a report in such a format."""
    return form in formats(name)


def formats(name: str) -> tuple[str, ...]:
    """The formats of a report; none if there is no such report."""
    return beancount.FORMATS if name == beancount.NAME else tuple(MAKERS) if name in REPORTS else ()


@asynccontextmanager
async def snapshot(*, apart: bool = False) -> AsyncIterator[None]:
    """One read-only view of everything as it is now; with `apart` beside the transaction that is under way."""
    async with db.apart() if apart else db.transaction():
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # A report's rows come as they are read: workers in parallel would stand still between two batches.
        await db.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        await db.execute(f"SET LOCAL statement_timeout = '{TIMEOUT_S}s'")
        await db.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{TIMEOUT_S}s'")
        await db.execute("SET LOCAL work_mem = '64MB'")
        yield


async def check(name: str, form: str, given: Filters) -> None:
    """Refuse what could not be run.

    Raises:
        NotFound: there is no such report in this format.
        Invalid: the filters do not fit.
    """
    if not known(name, form):
        raise NotFound
    await (beancount.question(given) if name == beancount.NAME else _question(REPORTS[name], given))


async def expected(name: str, given: Filters) -> int:
    """How many rows a report has now. Use inside a snapshot."""
    asked = await (beancount.question(given) if name == beancount.NAME else _question(REPORTS[name], given))
    found: int = await db.scalar(f"SELECT count(*) FROM ({asked.sql}) q", *asked.params)
    return found


async def write(
    name: str, form: str, given: Filters, out: IO[bytes], *, told: Told = _nobody, at_most: int | None = None
) -> Written:
    """Write a report in a format. Use inside a snapshot.

    Raises:
        NotFound: there is no such report in this format.
        Invalid: the filters do not fit.
        ReportTooLong: it has more rows than `at_most`.
    """
    if not known(name, form):
        raise NotFound

    def counted(rows: int) -> None:
        if at_most is not None and rows > at_most:
            raise ReportTooLong(Said("It has more than %(at_most)s rows.", at_most=at_most))
        told(rows)

    if name == beancount.NAME:
        return Written(await beancount.write(given, out, counted), [])
    report = REPORTS[name]
    asked = await _question(report, given)
    sums, rows = _Sums(report, await _groups(report, given)), 0
    writer = MAKERS[form](out, report.columns)

    def put(batch: Sequence[Sequence[Any]]) -> None:
        writer.add(batch)
        sums.add(batch)

    def finish() -> None:
        writer.add(sums.lines())
        writer.close()

    try:
        async with _in_thread() as run:
            async for batch in db.batches(asked.sql, *asked.params, size=BATCH):
                rows += len(batch)
                counted(rows)
                await run(put, batch)
            await run(finish)
    except BaseException:  # too long, refused, cancelled: nobody reads what there is, and it is raised again
        writer.drop()
        raise
    return Written(rows, sums.named())


@asynccontextmanager
async def _in_thread() -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Runs one piece of work after another in a thread: meanwhile the database makes the next rows, and the process serves others.

    Whatever happens, nothing is left running at the end: nobody closes a file that is still written to.
    """
    last: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    last.set_result(None)

    async def run(work: Callable[..., None], *arguments: Any) -> None:
        nonlocal last
        await asyncio.shield(last)
        last = asyncio.ensure_future(asyncio.to_thread(work, *arguments))

    try:
        yield run
        await asyncio.shield(last)
    finally:
        await asyncio.wait([last])


def shown(name: str, totals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines of totals as JSON has them: amounts as decimal strings."""
    kinds = {column.name: column.kind for column in REPORTS[name].columns} if name in REPORTS else {}
    return [{key: EXACT[kinds[key]](value) for key, value in line.items()} for line in totals]


async def _question(report: Report, given: Filters) -> filters.Question:
    return await filters.question(report.sql, report.conditions, report.required, given)


async def _groups(report: Report, given: Filters) -> list[tuple[Any, ...]]:
    """For which groups a report without any row has lines of totals: those of its period, or else the currency asked for."""
    names = [column.name for column in report.columns if column.each]
    if given.period is None:
        return [tuple(given.currency or "" if name == "currency" else "" for name in names)]
    found = await db.rows(
        """SELECT DISTINCT currency, CASE state WHEN 'closed' THEN 'closed' ELSE 'provisional' END AS state FROM period
           WHERE (id::text = lower($1) OR name = $1) AND currency = coalesce($2, currency)""",
        given.period,
        given.currency,
    )
    return [tuple(row[name] for name in names) for row in found]


class _Sums:
    """The lines of totals: one for each currency (and state, where a report has one)."""

    def __init__(self, report: Report, empty: Sequence[tuple[Any, ...]]) -> None:
        self._columns = report.columns
        self._each = [place for place, column in enumerate(report.columns) if column.each]
        self._summed = [place for place, column in enumerate(report.columns) if column.summed]
        self._empty = empty
        self._sums: dict[tuple[Any, ...], list[int]] = {}

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Count rows in."""
        each, summed, sums = self._each, self._summed, self._sums
        for row in rows:
            key = tuple([row[place] for place in each])
            total = sums.get(key)
            if total is None:
                total = sums[key] = [0] * len(summed)
            for number, place in enumerate(summed):
                total[number] += row[place]

    def lines(self) -> list[list[Any]]:
        """The lines as rows of the report."""
        found = self._sums or {key: [0] * len(self._summed) for key in self._empty}
        lines: list[list[Any]] = []
        for key in sorted(found):
            line: list[Any] = [None] * len(self._columns)
            line[0] = "total"
            for place, value in (*zip(self._each, key, strict=True), *zip(self._summed, found[key], strict=True)):
                line[place] = value
            lines.append(line)
        return lines

    def named(self) -> list[dict[str, Any]]:
        """The lines by column name, only what they hold."""
        held = {0, *self._each, *self._summed}
        return [{self._columns[place].name: line[place] for place in sorted(held)} for line in self.lines()]
