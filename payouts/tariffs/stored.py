"""Tariffs as they are stored, with their prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from piecework.payouts.tariffs.notice import Proposal
from piecework.payouts.tariffs.prices import Hold, Place, PriceList
from piecework.payouts.tariffs.terms import Priced
from piecework.platform import db
from piecework.platform.errors import NotFound

ITEMS = """coalesce((SELECT jsonb_agg(jsonb_build_array(i.step_key, i.level, i.language, i.price, i.answers)
                              ORDER BY i.step_key, i.language, i.level) FROM tariff_item i WHERE i.tariff_id = t.id), '[]') AS items"""

TARIFFS = f"""
SELECT t.*, p.code AS project, p.currency, p.requester_id, {ITEMS} FROM tariff t JOIN project p ON p.id = t.project_id"""

LISTS = f"""
SELECT t.project_id, t.id, t.version, t.starts_at, t.ends_at, t.approved_at, t.reason, t.hold_until, t.hold_days, t.hold_most_days, {ITEMS}
FROM tariff t
WHERE t.project_id = ANY ($1) AND t.state = 'approved'
  AND t.starts_at >= coalesce((SELECT max(c.starts_at) FROM tariff c
                               WHERE c.project_id = t.project_id AND c.state = 'approved' AND c.starts_at <= now()), '-infinity')
ORDER BY t.project_id, t.starts_at"""


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a project's prices, with what happened to it."""

    id: UUID
    project_id: UUID
    project: str
    currency: str
    requester_id: UUID
    version: int
    kind: str
    hold: Hold
    ticket_budget: int | None
    ticket_price: int | None
    weights: dict[str, int] | None
    starts_at: datetime | None
    ends_at: datetime | None
    state: str
    author_id: UUID
    reason: str
    created_at: datetime
    approver_id: UUID | None
    approved_at: datetime | None
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    items: list[Priced]

    @property
    def rates(self) -> dict[Place, int]:
        """Its prices by what they are for."""
        return {item.place: item.price for item in self.items}

    @property
    def proposal(self) -> Proposal:
        """What its approval announces."""
        return Proposal(self.rates, self.hold, self.starts_at, self.ends_at)


async def get(tariff_id: UUID) -> Tariff:
    """The tariff.

    Raises:
        NotFound: there is none with this id.
    """
    row = await db.row(f"{TARIFFS} WHERE t.id = $1", tariff_id)
    if row is None:
        raise NotFound
    return _tariff(row)


async def many(tariff_ids: Sequence[UUID]) -> dict[UUID, Tariff]:
    """The tariffs with these ids, by id."""
    return {row["id"]: _tariff(row) for row in await db.rows(f"{TARIFFS} WHERE t.id = ANY ($1)", list(tariff_ids))}


async def page(project_id: UUID, before: UUID, limit: int) -> list[Tariff]:
    """A project's versions with ids below `before`, newest first, at most `limit`."""
    found = await db.rows(
        f"{TARIFFS} WHERE t.project_id = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3", project_id, before, limit
    )
    return [_tariff(row) for row in found]


async def lists(project_ids: Sequence[UUID], on: str = db.APP) -> dict[UUID, list[PriceList]]:
    """Each project's approved lists by start: the one that started last (it may have ended), and all that are announced."""
    found: dict[UUID, list[PriceList]] = {project_id: [] for project_id in project_ids}
    for row in await db.rows(LISTS, list(project_ids), on=on):
        found[row["project_id"]].append(
            PriceList(
                id=row["id"],
                version=row["version"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                approved_at=row["approved_at"],
                reason=row["reason"],
                hold=_hold(row),
                rates={item.place: item.price for item in _items(row)},
            )
        )
    return found


def _tariff(row: asyncpg.Record) -> Tariff:
    known: dict[str, Any] = {
        name: value for name, value in row.items() if name not in ("hold_until", "hold_days", "hold_most_days")
    }
    known |= {
        "hold": _hold(row),
        "items": _items(row),
        "weights": None if row["weights"] is None else orjson.loads(row["weights"]),
    }
    return Tariff(**known)


def _hold(row: asyncpg.Record) -> Hold:
    return Hold(row["hold_until"], row["hold_days"], row["hold_most_days"])


def _items(row: asyncpg.Record) -> list[Priced]:
    return [Priced(*one) for one in orjson.loads(row["items"])]
