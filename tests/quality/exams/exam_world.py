"""Exams for tests: definitions, questions with known keys, and short ways through them."""

from collections.abc import Mapping
from typing import Any

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.world import Person, World

GOOD = {"choice": 0}
BAD = {"choice": 1}


def style(number: int, **fields: Any) -> dict[str, Any]:
    """A question whose right answer is GOOD."""
    asked = {"kind": "style", "form": "choice", "prompt": f"Question {number}", "options": ["yes", "no"], "right": 0}
    return {"question": asked, **fields}


def section(pool: str = "style", draw: int = 4, **fields: Any) -> dict[str, Any]:
    return {"key": pool, "title": {"ru": pool, "en": pool}, "pool": pool, "draw": draw, **fields}


def spec(*sections: dict[str, Any], **fields: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "title": {"ru": "Русский", "en": "Russian"},
        "kind": "general",
        "time_limit_min": 30,
        "sections": list(sections) or [section()],
        "passing": {"by": "share", "threshold": 0.75},
        "retake_after_h": 0,
        "tries": {"most": 10, "days": 30},
        "qualification": "russian",
    }
    return base | fields


async def second(world: World) -> Person:
    """A second curator."""
    return world.people.get("second") or await world.person("second", Role.CURATOR)


async def fill(world: World, count: int = 4, pool: str = "style", *, first: int = 0, **fields: Any) -> list[str]:
    """Put approved questions into a pool."""
    questions = [style(number, **fields) for number in range(first, first + count)]
    made = await world.curator.ok("POST", "/exam-questions", {"pool": pool, "questions": questions})
    approver = await second(world)
    done = await approver.ok("POST", "/exam-questions/approve", {"pool": pool, "question_ids": made["question_ids"]})
    assert sorted(done["approved"]) == sorted(made["question_ids"])
    return list(made["question_ids"])


async def publish(world: World, definition: Mapping[str, Any] | None = None, code: str = "russian") -> int:
    """Publish the next version of an exam."""
    made = await world.curator.ok("POST", "/exams", {"code": code, "spec": definition or spec()})
    await (await second(world)).ok("POST", f"/exams/{code}/versions/{made['version']}/publish")
    return int(made["version"])


async def begin(person: Person, code: str = "russian") -> str:
    return str((await person.ok("POST", f"/me/exams/{code}/attempts"))["attempt_id"])


async def refused(person: Person, code: str = "russian") -> tuple[int, str]:
    """The answer to beginning an attempt."""
    reply = await person.call("POST", f"/me/exams/{code}/attempts")
    return reply.status_code, reply.json().get("code", "")


async def answer(person: Person, attempt: str, *answers: dict[str, Any]) -> None:
    for n, given in enumerate(answers, 1):
        await person.ok("PUT", f"/me/attempts/{attempt}/answers/{n}", {"answer": given})


async def sit(world: World, person: Person, *answers: dict[str, Any], code: str = "russian") -> str:
    """Begin, answer, finish and have it decided; returns the attempt's id."""
    attempt = await begin(person, code)
    await answer(person, attempt, *answers)
    await person.ok("POST", f"/me/attempts/{attempt}/finish")
    await world.drain()
    return attempt


async def result_of(person: Person, attempt: str) -> dict[str, Any]:
    """The attempt as its person sees it."""
    (found,) = [one for one in (await person.ok("GET", "/me/attempts"))["items"] if one["attempt_id"] == attempt]
    return dict(found)


async def pass_time(attempt: str, minutes: int) -> None:
    """Let an attempt and what was saved of it be this much older."""
    await db.execute(
        """UPDATE exam_attempt SET started_at = started_at - make_interval(mins => $2), ends_at = ends_at - make_interval(mins => $2),
                  finished_at = finished_at - make_interval(mins => $2) WHERE id = $1""",
        attempt,
        minutes,
    )
    await db.execute(
        "UPDATE exam_answer SET saved_at = saved_at - make_interval(mins => $2) WHERE attempt_id = $1", attempt, minutes
    )
    await db.execute("UPDATE job SET run_at = run_at - make_interval(mins => $2) WHERE key = $1", attempt, minutes)
