"""A report that was written in the background, read on a page: its rows from the file, some at a time."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from piecework.payouts.pages.reading import SHOWN, Read, known, put
from piecework.payouts.reports import exports
from piecework.payouts.reports.columns import Kind
from piecework.payouts.reports.filters import Filters
from piecework.payouts.schemas.reports import ExportOut

READABLE = "jsonl"
"""The format that keeps every row as it is, a line each."""
TOTAL = "total"
MINOR = 10_000
_READ: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.AMOUNT: lambda text: int(Decimal(text) * MINOR),
    Kind.DATE: date.fromisoformat,
    Kind.INSTANT: datetime.fromisoformat,
    Kind.UUID: UUID,
}


async def written(found: ExportOut, start: int) -> Read:
    """Rows of a written report from a byte of its file on, with the totals over all of them. They say what the books said then."""
    report = known(found.name)
    kinds = {column.name: column.kind for column in report.columns}

    def row(line: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: _READ[kinds[name]](value) if value is not None and kinds[name] in _READ else value
            for name, value in line.items()
        }

    places, rows = [start], []
    for line in await exports.lines(found.id, start, SHOWN + 1):
        told = orjson.loads(line)
        if told["row"] != TOTAL:
            rows.append(row(told))
            places.append(places[-1] + len(line))
    further = str(places[SHOWN]) if len(rows) > SHOWN else None
    totals = [row(one) for one in found.totals or ()]
    return put(report, rows[:SHOWN], totals, Filters.model_validate(found.filters), further)
