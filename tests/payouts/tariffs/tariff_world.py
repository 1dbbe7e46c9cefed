"""Short ways to tariffs in tests."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from piecework.platform import db
from tests.world import Person, World

DAY = timedelta(days=1)


def in_days(days: float) -> str:
    return (datetime.now(UTC) + days * DAY).isoformat()


def item(price: str, step: str = "classify", **more: Any) -> dict[str, Any]:
    return {"step": step, "price": price, **more}


def per_step(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "per_step", "items": list(items), "reason": "agreed with the requester", **more}


def per_ticket(price: str, weights: dict[str, int], **more: Any) -> dict[str, Any]:
    return {"kind": "per_ticket", "ticket_price": price, "weights": weights, "reason": "a price per ticket", **more}


async def draft(world: World, terms: dict[str, Any], code: str = "orders") -> dict[str, Any]:
    made: dict[str, Any] = await world.finance.ok("POST", f"/projects/{code}/tariffs", terms)
    return made


async def announce(world: World, terms: dict[str, Any], code: str = "orders") -> dict[str, Any]:
    """Finance drafts, the administrator approves."""
    made = await draft(world, terms, code)
    approved: dict[str, Any] = await world.administrator.ok("POST", f"/tariffs/{made['id']}/approve")
    return approved


async def time_passes(world: World, days: float) -> None:
    """What was approved was approved, and starts and ends, so many days earlier."""
    await world.as_owner(
        "ALTER TABLE tariff DISABLE TRIGGER keeps_its_terms",
        *(
            f"UPDATE {table} SET {', '.join(f'{column} = {column} - interval {chr(39)}{days} days{chr(39)}' for column in columns)}"
            for table, columns in {
                "tariff": ("approved_at", "starts_at", "ends_at"),
                "rate_list": ("starts_at", "ends_at"),
            }.items()
        ),
        "ALTER TABLE tariff ENABLE TRIGGER keeps_its_terms",
    )


async def pace(code: str, step: str, seconds: float, answers: int = 10) -> None:
    """The pace that the job would have found."""
    await db.execute(
        """INSERT INTO pace (project_id, step_key, answers, median_ms) SELECT id, $2, $3, $4 FROM project WHERE code = $1
           ON CONFLICT (project_id, step_key) DO UPDATE SET answers = excluded.answers, median_ms = excluded.median_ms""",
        code,
        step,
        answers,
        round(seconds * 1000) if answers >= 10 else None,
    )


async def claimed(person: Person) -> tuple[int, uuid.UUID | None]:
    """Claim one; the price and tariff that it froze."""
    (held,) = await person.claim()
    row = await db.row("SELECT price, tariff_id FROM assignment WHERE id = $1", uuid.UUID(held["id"]))
    assert row is not None
    return row["price"], row["tariff_id"]


def codes(reply: Any) -> list[tuple[str, str]]:
    """Field and code of each error of a refusal."""
    assert reply.status_code == 422, reply.text
    return [(error["field"], error["code"]) for error in reply.json()["errors"]]
