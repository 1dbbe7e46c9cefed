"""What the commands of `piecework payouts` do: names become ids, then the same use cases as the API's."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from piecework.payouts.audit.audit import audit as findings_of
from piecework.payouts.books import pay_policy
from piecework.payouts.closing import checks, closing
from piecework.payouts.part import PART
from piecework.payouts.paying import approving, bank, files, runs, shown
from piecework.payouts.paying.matching import Outcome
from piecework.payouts.reports import reports
from piecework.payouts.statements.html import render_html
from piecework.payouts.statements.listing import find
from piecework.payouts.statements.loading import load
from piecework.payouts.statements.page import StatementPage
from piecework.payouts.statements.pdf import render_pdf
from piecework.payouts.statements.words import LANGUAGES, Language
from piecework.platform import db, money
from piecework.platform.errors import SetupError
from piecework.platform.identity.models import Account, Role
from piecework.platform.invariants import Finding

TOTALS = """
SELECT p.name, p.state, p.starts_at, p.ends_at, count(DISTINCT s.account_id) AS people,
       coalesce(sum(s.amount) FILTER (WHERE s.heading = 'work'), 0)::bigint AS work,
       coalesce(sum(s.amount) FILTER (WHERE s.heading = 'premium'), 0)::bigint AS premium,
       coalesce(sum(s.amount) FILTER (WHERE s.heading = 'bonus'), 0)::bigint AS bonus,
       coalesce(sum(s.amount) FILTER (WHERE s.heading = 'deduction'), 0)::bigint AS deduction,
       coalesce(sum(s.amount) FILTER (WHERE s.heading NOT IN ('tax', 'out')), 0)::bigint AS total
FROM period p LEFT JOIN period_sum s ON s.period_id = p.id AND s.heading <> 'out' WHERE p.id = $1 GROUP BY p.id"""


@dataclass(frozen=True, slots=True)
class Export:
    """What is asked of `export`: a payout by its number or a new one, its approval, its file."""

    currency: str
    number: int | None
    on: date | None
    approve: bool
    file_format: str | None
    out: Path


async def period_called(name: str, currency: str) -> UUID:
    """The period of a name, or of an id.

    Raises:
        SetupError: there is none; in one line.
    """
    found = await db.scalar(
        "SELECT id FROM period WHERE (currency = $2 AND name = $1) OR id = $3", name, currency, _as_uuid(name)
    )
    if found is None:
        raise SetupError(f"There is no period {name} in {currency}. `GET /periods` lists them.")
    return UUID(str(found))


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _finance(email: str) -> UUID:
    account = await Account.get_or_none(email=email.lower())
    if account is None or Role.FINANCE not in account.roles or account.state != "active":
        raise SetupError(f"{email} is not an active account of finance.")
    return account.id


async def preview(name: str, currency: str) -> dict[str, Any]:
    """Sums by heading so far, and the findings of the pre-close check."""
    period_id = await period_called(name, currency)
    row = await db.row(TOTALS, period_id)
    assert row is not None
    sums = {heading: money.text(row[heading]) for heading in ("work", "premium", "bonus", "deduction", "total")}
    about = {"period": row["name"], "state": row["state"], "from": str(row["starts_at"]), "to": str(row["ends_at"])}
    found = [
        {"code": f.code, "cases": f.cases, "amount": money.text(f.amount), "words": f.words}
        for f in await checks.check(period_id)
    ]
    return {**about, "people": row["people"], **sums, "findings": found}


async def close(name: str, currency: str, email: str, *, cut_off: bool) -> dict[str, Any]:
    """Close it; says total, entries and what was rounded and deducted."""
    facts = await closing.close(await period_called(name, currency), await _finance(email), cut_off=cut_off)
    return {"period": name, **facts, "total": money.text(facts["total"])}


async def export(asked: Export, email: str) -> dict[str, Any]:
    """Draft, approve, write the file, as far as asked."""
    actor = await _finance(email)
    if asked.number is None:
        run_id = await runs.draft(actor, asked.currency, asked.on or await _tomorrow(), "")
    else:
        run_id = await db.scalar("SELECT id FROM payout_run WHERE currency = $1 AND number = $2", asked.currency, asked.number)
        if run_id is None:
            raise SetupError(f"There is no payout {asked.number} in {asked.currency}.")
    if asked.approve:
        await approving.approve(actor, run_id)
    run = await db.row("SELECT number, state, total, lines FROM payout_run WHERE id = $1", run_id)
    assert run is not None
    facts = {"payout": run["number"], "state": run["state"], "total": money.text(run["total"]), "lines": run["lines"]}
    if asked.file_format is not None:
        made = await files.file(actor, run_id, asked.file_format)
        path = asked.out / made.name
        await asyncio.to_thread(path.write_bytes, made.content)
        facts |= {"file": str(path), "sha256": made.sha256.hex()}
    return facts


async def _tomorrow() -> date:
    return (datetime.now(ZoneInfo(await pay_policy.zone())) + timedelta(days=1)).date()


async def import_bank(content: bytes, currency: str, email: str) -> dict[str, Any]:
    """Take it; says how many of its lines came to what."""
    received = await bank.receive(await _finance(email), content, currency)
    counts = await shown.outcomes(received.id)
    return asdict(received) | {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}


async def audit(name: str | None, currency: str) -> list[Finding]:
    """Every finding. One snapshot for each of them."""
    period_id = None if name is None else await period_called(name, currency)
    return [one async for one in findings_of(PART.invariants, period_id)]


async def write_reports(name: str, currency: str, folder: Path) -> dict[str, Any]:
    """Write people.csv and tickets.csv of a period into a folder (made if missing); says where, how many rows and the sums.

    Both files come from one snapshot. An existing file is replaced only by a complete one. Opens its own transaction.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    outcome: dict[str, Any] = {}
    async with db.transaction():
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        period_id = await period_called(name, currency)
        for report, write in (("people", reports.people), ("tickets", reports.tickets)):
            path, unfinished = folder / f"{report}.csv", folder / f".{report}.csv.part"
            with unfinished.open("wb") as file:
                written = await write(period_id, file)
            unfinished.replace(path)
            outcome[report] = {"path": str(path), "rows": written.rows, "total": money.text(written.total)}
            outcome["provisional"] = written.provisional
    return outcome


async def statement(name: str, currency: str, email: str, file_format: str, language: str) -> bytes:
    """A person's statement as a file.

    Raises:
        SetupError: no such person, statement, format or language; in one line.
    """
    chosen: Language | None = next((one for one in LANGUAGES if one == language), None)
    if chosen is None or file_format not in RENDERERS:
        raise SetupError(f"A statement is written as {', '.join(RENDERERS)}, in {' or '.join(LANGUAGES)}.")
    person = await Account.get_or_none(email=email.lower())
    found = None if person is None else await find(await period_called(name, currency), person.id)
    if found is None:
        raise SetupError(f"{email} has no statement of {name}.")
    return RENDERERS[file_format](await load(found, chosen), chosen)


def _json(page: StatementPage, _language: Language) -> bytes:
    return orjson.dumps(asdict(page), default=str, option=orjson.OPT_INDENT_2)


RENDERERS: dict[str, Callable[[StatementPage, Language], bytes]] = {"html": render_html, "pdf": render_pdf, "json": _json}
