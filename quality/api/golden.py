"""Operations on golden tasks. Who may be handed golden tasks must not read their keys: curators who also work see none."""

from typing import Any

import orjson

from piecework.platform.errors import Forbidden
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import cursor
from piecework.quality import policy
from piecework.quality.errors import GoldenKnown, KeyChanged, NotComparable, NotPromotable, NotQuarantined, OwnKey, OwnWork
from piecework.quality.golden import golden, keys, promotion
from piecework.quality.golden import health as golden_health
from piecework.quality.golden.health import Health
from piecework.quality.golden.keys import Decision, Ruling
from piecework.quality.schemas import golden as s
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code


async def _project(call: Call) -> Project:
    return await project_by_code(call.principal, call.request.path_params["code"])


def _sees_keys(call: Call) -> None:
    if Role.FREELANCER in call.principal.roles:
        raise Forbidden(Said("Who is handed tasks does not read the keys of golden tasks."))


async def add_golden(call: Call, body: s.GoldenIn) -> s.GoldenOut:
    """Make a golden task."""
    where = await golden.target(await _project(call), body.step)
    known = [one.known() for one in body.answers]
    return s.GoldenOut(task_id=await golden.add(call.principal.account_id, where, body.input, known, body.difficulty))


async def import_golden(call: Call, body: s.ImportIn) -> s.ImportOut:
    """Make many golden tasks of one step: all or none; inputs that are golden already are counted and left as they are."""
    where = await golden.target(await _project(call), body.step)
    items = [(one.input, [answer.known() for answer in one.answers], one.difficulty) for one in body.items]
    added = await golden.bring_in(call.principal.account_id, where, items)
    return s.ImportOut(added=added, known=len(items) - added)


async def promote_to_golden(call: Call, body: s.PromoteIn) -> s.GoldenOut:
    """Make a golden task from an ordinary one whose right answer is known."""
    made = await promotion.promote(call.principal.account_id, await _project(call), body.task_id, body.difficulty)
    return s.GoldenOut(task_id=made)


async def golden_candidates(call: Call, query: s.CandidateQuery) -> s.CandidatesOut:
    """Tasks that can be promoted, those of classes that lack golden tasks first."""
    _sees_keys(call)
    found = await promotion.candidates(await _project(call), query.limit)
    return s.CandidatesOut(
        items=[s.CandidateOut(**{name: getattr(one, name) for name in s.CandidateOut.model_fields}) for one in found]
    )


async def golden_balance(call: Call) -> s.BalanceOut:
    """Live golden tasks per class of the active workflow's steps, and how many more are needed."""
    supplies = await golden_health.balance(list((await promotion.targets(await _project(call))).values()))
    return s.BalanceOut(
        items=[
            s.ClassBalance(
                step=one.step, class_=one.class_, live=sum(one.by_difficulty.values()), needed=one.needed, **one.by_difficulty
            )
            for one in supplies
        ]
    )


async def list_golden(call: Call, query: s.GoldenQuery) -> s.GoldenPage:
    """Golden tasks and how they fare."""
    _sees_keys(call)
    found = await golden_health.page(await _project(call), query.state, query.step, query.after(), query.limit + 1)
    shown = found[: query.limit]
    return s.GoldenPage(
        items=[s.GoldenHealth(**_health(one)) for one in shown],
        next_cursor=cursor(shown[-1].row["task_id"]) if len(found) > query.limit else None,
    )


async def show_golden(call: Call) -> s.GoldenDetail:
    """A golden task with every revision of its key."""
    _sees_keys(call)
    found, revisions = await golden_health.one(call.id("task_id"))
    listed = [s.KeyRevision(**{**row, "answers": _answers(orjson.loads(row["answers"]))}) for row in revisions]
    return s.GoldenDetail(**_health(found), input=orjson.loads(found.row["input"]), keys=listed)


async def decide_key(call: Call, body: s.KeyIn) -> s.KeyOut:
    """Let a doubted key stand, change a key, or withdraw it; all that followed from it is drawn anew."""
    _sees_keys(call)
    ruling = Ruling(Decision(body.decision), body.revision, body.reason, [one.known() for one in body.answers or []])
    task_id = call.id("task_id")
    return s.KeyOut(task_id=task_id, revision=await keys.decide(call.principal.account_id, task_id, ruling))


def _answers(stored: list[dict[str, Any]]) -> list[s.KnownAnswer]:
    return [s.KnownAnswer(answer=one["answer"], weight=float(one["weight"])) for one in stored]


def _health(one: Health) -> dict[str, Any]:
    stored = ("task_id", "step", "state", "stratum", "shown", "origin", "created_by", "created_at")
    return {
        **{name: one.row[name] for name in stored},
        "difficulty": golden.Difficulty(one.row["difficulty"]),
        "answers": [s.KnownAnswer(answer=known.answer, weight=known.weight) for known in one.truth.known],
        "revision": one.truth.revision,
        "answered": one.answered,
        "right": one.right,
        "right_share": one.right / one.answered if one.answered and one.truth.known else None,
        "key_probability": one.key_probability,
    }


OPERATIONS = (
    Operation("POST", "/projects/{code}/golden", add_golden, policy.GOLDEN_WRITE, "Make a golden task", body=s.GoldenIn,
              reply=s.GoldenOut, status=201, errors=(NotComparable, GoldenKnown), tag="quality"),
    Operation("POST", "/projects/{code}/golden/import", import_golden, policy.GOLDEN_WRITE, "Make many golden tasks", body=s.ImportIn,
              reply=s.ImportOut, status=201, errors=(NotComparable,), tag="quality"),
    Operation("POST", "/projects/{code}/golden/promote", promote_to_golden, policy.GOLDEN_WRITE,
              "Make a golden task from an audited one", body=s.PromoteIn, reply=s.GoldenOut, status=201,
              errors=(NotComparable, GoldenKnown, NotPromotable), tag="quality"),
    Operation("GET", "/projects/{code}/golden/candidates", golden_candidates, policy.GOLDEN_READ, "What can be promoted",
              query=s.CandidateQuery, reply=s.CandidatesOut, tag="quality"),
    Operation("GET", "/projects/{code}/golden/balance", golden_balance, policy.GOLDEN_READ, "Golden tasks per class",
              reply=s.BalanceOut, tag="quality"),
    Operation("GET", "/projects/{code}/golden", list_golden, policy.GOLDEN_READ, "Golden tasks and how they fare",
              query=s.GoldenQuery, reply=s.GoldenPage, tag="quality"),
    Operation("GET", "/golden/{task_id}", show_golden, policy.GOLDEN_READ, "A golden task and its keys", reply=s.GoldenDetail,
              tag="quality"),
    Operation("POST", "/golden/{task_id}/key", decide_key, policy.GOLDEN_WRITE, "Confirm, change or withdraw a golden task's key",
              body=s.KeyIn, reply=s.KeyOut, errors=(OwnWork, OwnKey, KeyChanged, NotQuarantined), tag="quality"),
)  # fmt: skip
