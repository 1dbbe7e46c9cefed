"""Tasks in hand as cards: what is shown of each, and the pieces of the page that come in reply to a script."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson

from piecework.platform.errors import Problem
from piecework.platform.pages.view import Shown
from piecework.platform.web.idempotency import KeyReused
from piecework.platform.web.operation import Call
from piecework.tasks.api import work as api
from piecework.tasks.pages.asked import FEW
from piecework.tasks.pages.labels import project_names, shown
from piecework.tasks.schemas.work import ClaimIn

PIECE = "x-piece"
"""The header by which our own script asks for a piece of a page instead of being led to one."""
MOST_SOON_S = 120


def is_piece(call: Call) -> bool:
    """True if the page's script asks, and not a browser without one."""
    return call.request.headers.get(PIECE) == "1"


def now() -> str:
    """The server's clock, by which a browser sets its timers right."""
    return datetime.now(UTC).isoformat()


async def cards(assignments: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """What the cards of tasks show. It depends on the assignment as its holder may see it and on the step, and on nothing else.

    What has ended before a reply came again has no card.
    """
    assignments = [one for one in assignments if one["expires_at"]]
    names = await project_names({one["project"] for one in assignments})
    made = []
    for one in assignments:
        step = await api.STEPS.get(int(one["step"]["id"]))
        made.append(
            {
                "task": one,
                "project": names.get(one["project"], one["project"]),
                "step": step.spec,
                "inputs": await shown(step, one["input"]),
                "submission_id": str(uuid4()),
                "soon_s": min(MOST_SOON_S, step.spec.time_limit_s // 4),
            }
        )
    return made


async def handed(call: Call, wish: ClaimIn) -> dict[str, Any]:
    """Claim tasks by the number of the form, as the API's reply. An old page's wish that was fulfilled and is over is a new wish.

    Raises:
        what claiming raises.
    """
    try:
        reply = await api.claim(call, wish)
    except KeyReused:  # another button of the same page
        reply = await api.claim(replace(call, key=None), wish)
    found: dict[str, Any] = orjson.loads(reply.body)
    if not found["assignments"] and found["retry_after_s"] is None:
        found = orjson.loads((await api.claim(replace(call, key=None), wish)).body)
    return found


def piece(made: Sequence[Mapping[str, Any]], *, after: int | None = None) -> Shown:
    """The reply to a script that did something: the tasks that came with it; if none, when to ask again."""
    return {"cards": made, "after": after, "now": now(), "few": FEW, "refusal": None}


def refused(problem: Problem) -> Shown:
    """The reply to a script whose wish was refused."""
    return {**piece(()), "refusal": problem}
