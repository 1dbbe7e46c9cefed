"""What a rule would have given lately: reckoned at once where that is little work, else in the background, and kept with its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from piecework.payouts.adjusting import bonuses
from piecework.payouts.rules import definitions, previews
from piecework.payouts.rules.kinds import PREMIUM_KINDS
from piecework.platform import db
from piecework.platform.jobs import Job, JobKind, enqueue

KIND = "payouts.rule_effect"
AT_ONCE = 500
"""Of more answers than this nobody waits for the effect."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An effect as it was last reckoned; `waits`: it was asked for anew, and is not there yet."""

    asked_at: datetime
    reckoned_at: datetime | None
    preview: dict[str, Any] | None

    @property
    def waits(self) -> bool:
        """Whether it is being reckoned."""
        return self.reckoned_at is None or self.reckoned_at < self.asked_at


async def is_long(rule: definitions.Shown) -> bool:
    """Whether reckoning it takes longer than one waits for a page."""
    return await previews.answers(rule["project_id"], AT_ONCE + 1) > AT_ONCE


async def reckon(rule: definitions.Shown) -> dict[str, Any] | None:
    """The effect as data: `span`, `effects` by currency, `waiting`; None where nobody can say it."""
    if rule["kind"] in PREMIUM_KINDS:
        return {"span": f"last {previews.DAYS} days", "effects": await _premium(rule), "waiting": 0}
    found = await bonuses.preview(rule["id"])
    if found is None:
        return None
    span, given, waiting = found
    flat = [(person, one) for person, several in given.items() for one in several if one.amount]
    effects: list[dict[str, Any]] = [
        {
            "currency": currency,
            "amount": sum(one.amount for _, one in flat if one.currency == currency),
            "people": len({person for person, one in flat if one.currency == currency}),
            "answers": None,
            "more": None,
            "days": [],
        }
        for currency in sorted({one.currency for _, one in flat})
    ]
    return {"span": span.name, "effects": effects, "waiting": waiting}


async def _premium(rule: definitions.Shown) -> list[dict[str, Any]]:
    found = await previews.preview(rule["id"], rule["code"], rule["project_id"], rule["spec"])
    return [
        {
            "currency": currency,
            "amount": one.amount,
            "people": len(one.people),
            "answers": one.answers,
            "more": one.more,
            "days": [{"day": day, "amount": amount} for day, amount in sorted(one.days.items())],
        }
        for currency, one in sorted(found.items())
    ]


async def ask(rule_id: UUID) -> None:
    """Have a rule's effect reckoned, in the current transaction."""
    await db.execute(
        """INSERT INTO rule_effect (rule_id) VALUES ($1)
           ON CONFLICT (rule_id) DO UPDATE SET asked_at = clock_timestamp()""",
        rule_id,
    )
    await enqueue(KIND, [(str(rule_id), {})])


async def kept(rule_id: UUID) -> Kept | None:
    """A rule's effect as it was last reckoned; None if nobody asked for it yet."""
    row = await db.row("SELECT asked_at, reckoned_at, preview FROM rule_effect WHERE rule_id = $1", rule_id)
    if row is None:
        return None
    return Kept(row["asked_at"], row["reckoned_at"], None if row["preview"] is None else orjson.loads(row["preview"]))


async def run(jobs: Sequence[Job]) -> None:
    """Reckon effects."""
    for job in jobs:
        rule_id = UUID(job.key)
        found = await reckon(await definitions.show(rule_id, drafts=True))
        await db.execute(
            "UPDATE rule_effect SET reckoned_at = clock_timestamp(), preview = $2::jsonb WHERE rule_id = $1",
            rule_id,
            orjson.dumps(found).decode(),
        )


JOBS = (JobKind(KIND, run, batch=1, lease_s=600),)
