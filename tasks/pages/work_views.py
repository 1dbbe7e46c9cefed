"""Work: what is open to me, my week, what I hold; and taking tasks."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import Problem
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.tasks import policy
from piecework.tasks.api import work as api
from piecework.tasks.api.norms import my_norm
from piecework.tasks.errors import InstructionUnread, NoContract
from piecework.tasks.pages.desk import cards, handed, is_piece, piece, refused
from piecework.tasks.pages.labels import project_names
from piecework.tasks.schemas.work import ClaimIn, WorkQuery

COUNTS = (1, 3, 5)
HELD = "SELECT held FROM workload WHERE freelancer_id = $1"


async def work_page(call: Call) -> Shown:
    """What is open to me by project, my week, and what I hold."""
    try:
        found = await api.open_work(call, WorkQuery())
    except NoContract:
        return {"found": None}
    held = orjson.loads((await api.held_assignments(call)).body)["assignments"]
    codes = {one.project for one in found.work} | {one["project"] for one in held} | set(found.unread)
    return {
        "found": found,
        "norm": await my_norm(call),
        "held": held,
        "names": await project_names(codes),
        "projects": _by_project(orjson.loads(found.model_dump_json())["work"]),
        "counts": [count for count in COUNTS if count == 1 or count <= found.max_held - found.held],
        "room": max(0, found.max_held - found.held),
    }


def _by_project(work: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    ordered = sorted(work, key=itemgetter("project"))
    return {code: list(steps) for code, steps in groupby(ordered, key=itemgetter("project"))}


async def take(call: Call, form: ClaimIn) -> Shown | Go:
    """Claim tasks and go to them. Where there are none, wait there: each asking counts, as it does at the API."""
    try:
        found = await handed(call, form)
    except InstructionUnread as problem:
        if is_piece(call):
            return refused(problem)
        return _to_instruction(problem)
    except Problem as problem:
        if is_piece(call):
            return refused(problem)
        raise
    if is_piece(call):
        return piece(await cards(found["assignments"]), after=found["retry_after_s"])
    here = f"/work/tasks?project={form.project or ''}"
    return Go(here if found["assignments"] else f"{here}&asked={found['retry_after_s']}")


def _to_instruction(problem: InstructionUnread) -> Go:
    return Go(
        f"/knowledge/{problem.extra['instructions'][0]['project']}/instruction",
        N_("The instruction has changed. Read it and say so below; then your next tasks come."),
    )


async def in_hand(account_id: UUID) -> int:
    """How many tasks a person holds, for the menu."""
    return await db.scalar(HELD, account_id, on=db.FREELANCER) or 0


VIEWS = (
    View("GET", "/work", work_page, policy.WORK, N_("Work"), "work.html"),
    View("POST", "/work/claim", take, policy.WORK, template="work_piece.html", form=ClaimIn, again="/work", transaction=False),
)
MENU = (Entry(N_("My work"), N_("Work"), "/work", policy.WORK, badge=in_hand),)
