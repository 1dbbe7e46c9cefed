"""Courses for tests: definitions with known answers, and short ways through them."""

from typing import Any

import httpx2

from piecework.platform.identity.models import Role
from tests.world import Person, World

A, B = {"topic": "a"}, {"topic": "b"}
FIELD = {"name": "topic", "type": "choice", "title": "Topic", "options": [{"value": v, "title": v.upper()} for v in "abc"]}
FORM = {"instruction": "Choose the topic.", "input": [{"name": "text", "title": "Text"}], "answer": [FIELD]}


def task(number: int, what: str = "training") -> dict[str, Any]:
    """A task whose right answer is A."""
    return {
        "input": {"text": f"{what} {number}"},
        "answers": [{"answer": A}],
        "hint": f"hint {number}",
        "explanation": f"because {number}",
    }


def question(number: int = 1) -> dict[str, Any]:
    """Homework whose right answer is A."""
    key = {"answers": [{"answer": A}], "hint": f"hint {number}", "explanation": f"because {number}"}
    return {"kind": "question", "prompt": f"Question {number}", "answer": [FIELD], **key}


def essay(**fields: Any) -> dict[str, Any]:
    return {"kind": "essay", "prompt": "Write a reply.", "good": "It says when.", **fields}


def lesson(key: str = "lesson", *homework: dict[str, Any], **fields: Any) -> dict[str, Any]:
    base = {"kind": "lesson", "key": key, "title": key.title(), "text": "# Read *this*"}
    return base | {"homework": list(homework) or [question()]} | fields


def tasks(count: int = 2, key: str = "tasks", **fields: Any) -> dict[str, Any]:
    items = [task(number, key) for number in range(1, count + 1)]
    return {"kind": "tasks", "key": key, "title": "Tasks", "form": FORM, "items": items} | fields


def trial(count: int = 5, draw: int = 4, what: str = "trial", **fields: Any) -> dict[str, Any]:
    items = [task(number, what) for number in range(1, count + 1)]
    rule = {"draw": draw, "passing": {"by": "share", "threshold": 0.75}}
    return {"kind": "trial", "key": "trial", "title": "Trial", "form": FORM, "items": items} | rule | fields


def spec(*units: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"title": "Orders", "language": "en", "units": list(units) or [lesson(), tasks()]} | fields


async def second(world: World) -> Person:
    """A second curator."""
    return world.people.get("second") or await world.person("second", Role.CURATOR)


async def publish(world: World, *units: dict[str, Any], code: str = "orders", **fields: Any) -> int:
    """Publish the next version of a course."""
    made = await world.curator.ok("POST", "/courses", {"code": code, "spec": spec(*units, **fields)})
    await (await second(world)).ok("POST", f"/courses/{code}/versions/{made['version']}/publish")
    return int(made["version"])


async def begin(person: Person, code: str = "orders") -> str:
    return str((await person.ok("POST", f"/me/courses/{code}/enrolments"))["enrolment_id"])


async def refused(person: Person, code: str = "orders") -> tuple[int, str]:
    """The reply to beginning a course."""
    reply = await person.call("POST", f"/me/courses/{code}/enrolments")
    return reply.status_code, reply.json().get("code", "")


async def give(
    person: Person, unit: str, item: int, answer: dict[str, Any], *, attempt: int = 1, code: str = "orders"
) -> httpx2.Response:
    """Answer an item for the `attempt`-th time."""
    body = {"unit": unit, "item": item, "try": attempt, "answer": answer}
    return await person.call("POST", f"/me/courses/{code}/answers", body)


async def told(
    person: Person, unit: str, item: int, answer: dict[str, Any], *, attempt: int = 1, code: str = "orders"
) -> dict[str, Any]:
    """The same where it is taken."""
    reply = await give(person, unit, item, answer, attempt=attempt, code=code)
    assert reply.is_success, reply.text
    return dict(reply.json())


async def on(person: Person, *answers: dict[str, Any], code: str = "orders") -> dict[str, Any]:
    """Answer what is next, one answer after the other; returns the last reply."""
    found: dict[str, Any] = {}
    for answer in answers:
        following = await person.ok("GET", f"/me/courses/{code}/next")
        now = following["task"]
        found = await told(person, following["unit"], now["item"], answer, attempt=now["next_try"], code=code)
    return found


async def mine(person: Person, code: str = "orders") -> dict[str, Any]:
    """My newest progress in a course."""
    items = (await person.ok("GET", "/me/courses"))["items"]
    return dict(next(one for one in items if one["code"] == code))
