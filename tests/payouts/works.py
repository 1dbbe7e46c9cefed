"""Answers as the pay rules see them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from piecework.payouts.rules.work import Work

CLAIMED = datetime(2026, 11, 1, tzinfo=UTC)
PROJECT, PERSON = uuid4(), uuid4()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def work_of(**changes: Any) -> Work:
    """An answer of a Wednesday noon in Moscow, in Russian, first line, level 1, accepted in full."""
    fields: dict[str, Any] = {
        "assignment_id": uuid4(),
        "freelancer_id": PERSON,
        "project_id": PROJECT,
        "currency": "RUB",
        "step_key": "classify",
        "line": 1,
        "level": 1,
        "language": "ru",
        "price": 25_000,
        "claimed_at": CLAIMED,
        "submitted_at": at("2026-11-18T09:00+00:00"),
        "zone": "Europe/Moscow",
    }
    fields |= changes
    return Work(**({"earned": fields["price"]} | fields))
