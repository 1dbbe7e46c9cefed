"""Reports of a period as CSV: who is owed what, and which tickets cost what. Both sum to the period's total, to the last unit.

The one dialect: UTF-8 with BOM, `;` between cells, lines end in CR LF, quotes where a cell needs them; amounts are plain numbers
with a point and four decimals; a text cell that a spreadsheet could run as a formula begins with an apostrophe. The first cell
says what the line is: `person`; `ticket`, `control` (the control tasks of a project, which have no ticket), `rounding` (what whole
kopecks added or took); and last `total`. A file without its total line is incomplete. The second cell is the period's state; until
it is `closed` it says `provisional`: sums may still grow, nothing is rounded yet. Assignments without a price are not counted.

Rows come from a server-side cursor in batches, so memory does not grow with the report, and one report is one snapshot.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from piecework.platform import db, money
from piecework.platform.csv_out import Lines, Out, inert
from piecework.platform.errors import NotFound

BATCH = 500
PROVISIONAL = "provisional"

PEOPLE_COLUMNS = ("row", "state", "person_id", "name", "currency", "accepted", "rejected", "accrued", "rounding", "payable")
TICKET_COLUMNS = ("row", "state", "project", "source", "external_id", "ticket_id", "currency", "assignments", "cost")

PEOPLE = """
SELECT l.owner AS person_id, coalesce(a.name, '') AS name,
       count(DISTINCT e.assignment_id) FILTER (WHERE e.kind = 'accrue') AS accepted,
       count(*) FILTER (WHERE e.kind = 'void') AS rejected,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable' AND e.kind <> 'round'), 0)::bigint AS accrued,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable' AND e.kind = 'round'), 0)::bigint AS rounding,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable'), 0)::bigint AS payable
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
LEFT JOIN account a ON a.id::text = l.owner
WHERE e.period_id = '{period_id}'
  AND (l.kind = 'payable' AND e.kind NOT IN ('export', 'confirm') OR l.kind = 'pending' AND e.kind = 'void')
GROUP BY l.owner, a.name ORDER BY l.owner"""

TICKETS = """
SELECT CASE WHEN e.kind = 'round' THEN 'rounding' WHEN e.ticket_id IS NULL THEN 'control' ELSE 'ticket' END AS row,
       coalesce(j.code, '') AS project, coalesce(t.source, '') AS source, coalesce(t.external_id, '') AS external_id,
       coalesce(e.ticket_id::text, '') AS ticket_id,
       count(DISTINCT e.assignment_id) FILTER (WHERE e.kind = 'accrue') AS assignments, -sum(p.amount)::bigint AS cost
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
LEFT JOIN project j ON j.id = e.project_id LEFT JOIN ticket t ON t.id = e.ticket_id
WHERE e.period_id = '{period_id}' AND l.kind = 'payable' AND e.kind NOT IN ('export', 'confirm')
GROUP BY 1, 2, 3, 4, 5 ORDER BY min(CASE WHEN e.kind = 'round' THEN 2 WHEN e.ticket_id IS NULL THEN 1 ELSE 0 END), 2, 3, 4, 5"""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: number of rows (without header and total) and their sum, which is the period's total."""

    rows: int
    total: int
    provisional: bool


async def people(period_id: UUID, out: Out) -> Written:
    """Write one row per person with money in the period, then the total. Use inside a transaction.

    Raises:
        NotFound: there is no such period.
    """
    state, currency = await _period(period_id)
    lines = Lines(out, PEOPLE_COLUMNS)
    counts = [0, 0]
    sums = [0, 0, 0]
    async for batch in _batches("people_report", PEOPLE.format(period_id=period_id)):
        for r in batch:
            counts = [counts[0] + r["accepted"], counts[1] + r["rejected"]]
            sums = [sums[0] + r["accrued"], sums[1] + r["rounding"], sums[2] + r["payable"]]
            amounts = (money.text(r["accrued"]), money.text(r["rounding"]), money.text(r["payable"]))
            lines.add("person", state, r["person_id"], inert(r["name"]), currency, r["accepted"], r["rejected"], *amounts)
        lines.flush()
    written = lines.rows
    lines.add("total", state, "", "", currency, *counts, *map(money.text, sums))
    lines.flush()
    return Written(written, sums[2], state == PROVISIONAL)


async def tickets(period_id: UUID, out: Out) -> Written:
    """Write one row per ticket paid for in the period, one per project for its control tasks, the rounding, then the total.

    Use inside a transaction.

    Raises:
        NotFound: there is no such period.
    """
    state, currency = await _period(period_id)
    lines = Lines(out, TICKET_COLUMNS)
    count = total = 0
    async for batch in _batches("tickets_report", TICKETS.format(period_id=period_id)):
        for r in batch:
            count, total = count + r["assignments"], total + r["cost"]
            place = (r["project"], inert(r["source"]), inert(r["external_id"]), r["ticket_id"])
            lines.add(r["row"], state, *place, currency, r["assignments"], money.text(r["cost"]))
        lines.flush()
    written = lines.rows
    lines.add("total", state, "", "", "", "", currency, count, money.text(total))
    lines.flush()
    return Written(written, total, state == PROVISIONAL)


async def _period(period_id: UUID) -> tuple[str, str]:
    period = await db.row("SELECT state, currency FROM period WHERE id = $1", period_id)
    if period is None:
        raise NotFound
    return "closed" if period["state"] == "closed" else PROVISIONAL, period["currency"]


async def _batches(name: str, sql: str) -> AsyncIterator[Sequence[Any]]:
    """The rows of a query through a cursor of the current transaction. DECLARE takes no parameters: the SQL holds our UUID."""
    await db.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}")
    while batch := await db.rows(f"FETCH {BATCH} FROM {name}"):
        yield batch
    await db.execute(f"CLOSE {name}")
