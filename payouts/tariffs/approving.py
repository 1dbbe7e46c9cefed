"""Approving a tariff, which announces it and gives its prices to the claims; and withdrawing it before it starts."""

from datetime import datetime, timedelta
from uuid import UUID

from piecework.payouts.errors import OwnTariff, StartTaken, TariffDecided, TariffOutdated, TariffStarted, TariffTooSoon
from piecework.payouts.tariffs import drafting, stored
from piecework.payouts.tariffs.stored import Tariff
from piecework.platform import db, trail
from piecework.tasks.workflows import WorkflowSpec

LAST_CALL = timedelta(minutes=1)
"""A withdrawal this close to the start might be committed after the first claim has taken its price from the list."""

APPROVE = "UPDATE tariff SET state = 'approved', approver_id = $2, approved_at = $3, starts_at = $4 WHERE id = $1"
IN_FORCE_FROM = "INSERT INTO rate_list (project_id, starts_at, ends_at, tariff_id, ticket_budget) VALUES ($1, $2, $3, $4, $5)"
ITS_RATES = """
INSERT INTO rate (tariff_id, step_key, level, language, price)
SELECT tariff_id, step_key, level, language, price FROM tariff_item WHERE tariff_id = $1"""
WITHDRAW = """
UPDATE tariff SET state = 'withdrawn', withdrawn_by = $2, withdrawn_at = clock_timestamp(), withdrawn_reason = $3 WHERE id = $1"""


async def approve(actor: UUID, tariff_id: UUID) -> Tariff:
    """Approve a draft of somebody else's. From its start on, claims take their prices from it.

    Raises:
        NotFound: there is no such tariff.
        TariffDecided: it is no draft any more.
        OwnTariff: the caller drafted it.
        TariffOutdated: the workflow lacks a step of it by now, or plans another number of answers than a ticket's price was split over.
        TariffTooSoon: by now it would start or end sooner than it may.
        StartTaken: another tariff of the project starts at that moment.
    """
    tariff = await _locked(tariff_id)
    if tariff.state != "draft":
        raise TariffDecided
    if tariff.author_id == actor:
        raise OwnTariff
    if _is_outdated(tariff, await drafting.active_workflow(tariff.project_id)):
        raise TariffOutdated
    now = await db.scalar("SELECT clock_timestamp()")
    earliest = await drafting.bounds(tariff.project_id, tariff.proposal, now)
    starts_at = _within(tariff.starts_at or earliest.start, earliest.start, "starts_at")
    if tariff.ends_at is not None:
        _within(tariff.ends_at, max(earliest.end, starts_at + timedelta.resolution), "ends_at")
    if await db.scalar(
        "SELECT EXISTS (SELECT FROM rate_list WHERE project_id = $1 AND starts_at = $2)", tariff.project_id, starts_at
    ):
        raise StartTaken
    await db.execute(APPROVE, tariff_id, actor, now, starts_at)
    await db.execute(IN_FORCE_FROM, tariff.project_id, starts_at, tariff.ends_at, tariff_id, tariff.ticket_budget)
    await db.execute(ITS_RATES, tariff_id)
    await trail.record(actor, "tariff.approved", "tariff", tariff_id, starts_at=starts_at, author=tariff.author_id)
    return await stored.get(tariff_id)


async def withdraw(actor: UUID, tariff_id: UUID, reason: str) -> Tariff:
    """Take a draft, or an announced tariff before its start, back. Whatever was in force goes on.

    Raises:
        NotFound: there is no such tariff.
        TariffDecided: it was withdrawn before.
        TariffStarted: it has started, or does within `LAST_CALL`.
    """
    tariff = await _locked(tariff_id)
    if tariff.state == "withdrawn":
        raise TariffDecided
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    if tariff.state == "approved" and tariff.starts_at is not None and tariff.starts_at <= now + LAST_CALL:
        raise TariffStarted
    await db.execute("DELETE FROM rate_list WHERE tariff_id = $1", tariff_id)
    await db.execute(WITHDRAW, tariff_id, actor, reason)
    await trail.record(actor, "tariff.withdrawn", "tariff", tariff_id, reason=reason)
    return await stored.get(tariff_id)


async def _locked(tariff_id: UUID) -> Tariff:
    """The tariff under its project's lock: nothing about the project's tariffs changes before this transaction ends."""
    project_id = (await stored.get(tariff_id)).project_id
    await db.execute(drafting.LOCK_PROJECT, project_id)
    return await stored.get(tariff_id)


def _is_outdated(tariff: Tariff, spec: WorkflowSpec) -> bool:
    planned = {step.key: step.overlap for step in spec.steps}
    return any(
        item.step not in planned or (item.answers is not None and item.answers != planned[item.step]) for item in tariff.items
    )


def _within(at: datetime, earliest: datetime, field: str) -> datetime:
    if at < earliest:
        raise TariffTooSoon(field=field, earliest=earliest.isoformat())
    return at
