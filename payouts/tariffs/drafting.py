"""Drafting a tariff: its terms are checked, split into prices and stored; nobody is paid by it before somebody else approves it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from piecework.payouts.books import pay_policy
from piecework.payouts.tariffs import notice, stored
from piecework.payouts.tariffs.notice import Bounds, Proposal
from piecework.payouts.tariffs.prices import OwnPrice
from piecework.payouts.tariffs.stored import Tariff
from piecework.payouts.tariffs.terms import TariffTerms, priced
from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.tasks import workflows
from piecework.tasks.errors import NoWorkflow
from piecework.tasks.models import Project
from piecework.tasks.workflows import WorkflowSpec, read_spec

LOCK_PROJECT = "SELECT FROM project WHERE id = $1 FOR NO KEY UPDATE"
"""Versions of one project are made, approved and withdrawn one after the other; workflows are published under the same lock."""

NEW = """
INSERT INTO tariff (project_id, version, kind, hold_until, hold_days, hold_most_days, ticket_budget, ticket_price, weights,
                    starts_at, ends_at, author_id, reason)
SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12 FROM tariff WHERE project_id = $1
RETURNING id"""

NEW_ITEMS = """
INSERT INTO tariff_item (tariff_id, step_key, level, language, price, answers)
SELECT $1, * FROM unnest($2::text[], $3::smallint[], $4::text[], $5::bigint[], $6::smallint[])"""

# The steps that work is still done in: of the active workflow, and of those that open tickets began with.
STEPS = """
SELECT DISTINCT q.key, q.level, q.price FROM queue q JOIN step s ON s.id = q.step_id JOIN workflow w ON w.id = s.workflow_id
WHERE q.project_id = $1 AND q.open
  AND (w.state = 'active' OR EXISTS (SELECT FROM ticket k WHERE k.project_id = $1 AND k.state = 'open' AND k.workflow_id = w.id))
ORDER BY q.key, q.level, q.price"""


async def active_workflow(project_id: UUID) -> WorkflowSpec:
    """The workflow whose steps are priced.

    Raises:
        NoWorkflow: the project has none.
    """
    workflow = await workflows.active(project_id)
    if workflow is None:
        raise NoWorkflow
    return read_spec(workflow.spec)


async def steps_at_work(project_id: UUID) -> list[OwnPrice]:
    """The steps that a tariff of the project can make worse off."""
    return [OwnPrice(*row) for row in await db.rows(STEPS, project_id)]


async def bounds(project_id: UUID, new: Proposal, now: datetime) -> Bounds:
    """When a tariff approved `now` may start and end at the earliest."""
    (found,) = await _all_bounds(project_id, [new], now)
    return found


async def _all_bounds(project_id: UUID, proposals: Sequence[Proposal], now: datetime) -> list[Bounds]:
    """The same of several, each as if it alone were approved."""
    lists = (await stored.lists([project_id]))[project_id]
    steps = await steps_at_work(project_id)
    first = not await db.scalar("SELECT EXISTS (SELECT FROM tariff WHERE project_id = $1 AND state = 'approved')", project_id)
    days = timedelta(days=(await pay_policy.current()).notice_days)
    return [notice.bounds(new, lists=lists, steps=steps, first=first, now=now, notice=days) for new in proposals]


async def earliest_starts(tariffs: Sequence[Tariff]) -> dict[UUID, datetime]:
    """When each of the drafts among tariffs of one project could start if it were approved now."""
    drafts = [one for one in tariffs if one.state == "draft"]
    if not drafts:
        return {}
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    found = await _all_bounds(drafts[0].project_id, [one.proposal for one in drafts], now)
    return {one.id: bound.start for one, bound in zip(drafts, found, strict=True)}


async def draft(actor: UUID, project: Project, terms: TariffTerms) -> Tariff:
    """Make the next version of a project's tariff, as a draft.

    Raises:
        NoWorkflow: the project has none.
        Invalid: a step that is not there, a price twice, a budget below the price; it starts in the past, or starts or ends sooner
            than the notice would allow if it were approved at once.
    """
    await db.execute(LOCK_PROJECT, project.id)
    items = priced(terms, await active_workflow(project.id))
    now = await db.scalar("SELECT clock_timestamp()")
    new = Proposal({item.place: item.price for item in items}, terms.hold, terms.starts_at, terms.ends_at)
    earliest = await bounds(project.id, new, now)
    errors = _too_soon(terms, earliest, now)
    if errors:
        raise Invalid(errors=errors)
    tariff_id = await db.scalar(
        NEW,
        project.id,
        terms.kind,
        terms.hold_until,
        terms.hold_days,
        terms.hold_most_days,
        terms.ticket_budget,
        terms.ticket_price,
        None if terms.weights is None else orjson.dumps(terms.weights).decode(),
        terms.starts_at,
        terms.ends_at,
        actor,
        terms.reason,
    )
    await db.execute(
        NEW_ITEMS,
        tariff_id,
        [item.step for item in items],
        [item.level for item in items],
        [item.language for item in items],
        [item.price for item in items],
        [item.answers for item in items],
    )
    await trail.record(actor, "tariff.drafted", "tariff", tariff_id, reason=terms.reason, project=project.id)
    return await stored.get(tariff_id)


def _too_soon(terms: TariffTerms, earliest: Bounds, now: datetime) -> Sequence[dict[str, str | Said]]:
    found = []
    for field, at, least in (("starts_at", terms.starts_at, earliest.start), ("ends_at", terms.ends_at, earliest.end)):
        if at is not None and at < least:
            past = at < now
            message = (
                Said("This is past already.")
                if past
                else Said("With the notice that is due it can be from %(least)s on.", least=least)
            )
            found.append({"field": field, "code": "past" if past else "too_short_notice", "message": message})
    return found
