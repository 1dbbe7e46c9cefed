"""Short ways to publish criteria, to decide and to read decisions in tests."""

from typing import Any

import httpx2

from tests.world import Person, World

WHY = "They answered well in the trial."
ONE_ANSWER = {"kind": "accepted", "answers": 1}


async def publish(world: World, *criteria: dict[str, Any], code: str = "orders", level: int = 1, line: int = 1) -> int:
    """The next version for a code, level and line; returns its number."""
    body = {"level": level, "line": line, "criteria": list(criteria), "reason": "as announced"}
    await world.publish(code, body)
    found = (await world.curator.ok("GET", f"/qualifications/{code}/criteria"))["criteria"]
    return max(int(one["version"]) for one in found if (one["level"], one["line"]) == (level, line))


async def admit(curator: Person, person: Person, **more: Any) -> httpx2.Response:
    body = {"code": "orders", "reason": WHY, **more}
    return await curator.call("POST", f"/freelancers/{person.id}/qualifications", body)


async def refuse(curator: Person, person: Person, **more: Any) -> httpx2.Response:
    body = {"code": "orders", "reason": "Too few answers were right.", **more}
    return await curator.call("POST", f"/freelancers/{person.id}/qualifications/refuse", body)


async def second(curator: Person, admission: str, what: str = "confirm") -> httpx2.Response:
    return await curator.call("POST", f"/admissions/{admission}/{what}", {"reason": "I looked at it as well."})


async def ask(person: Person, code: str = "orders", level: int = 1, line: int = 1) -> httpx2.Response:
    return await person.call("POST", f"/me/admissions/{code}", {"level": level, "line": line})


async def held(person: Person) -> list[tuple[str, int, int]]:
    """What a person is admitted to now."""
    found = (await person.ok("GET", "/me/qualifications"))["qualifications"]
    return [(one["code"], one["level"], one["line"]) for one in found if one["revoked_at"] is None]


async def notices(person: Person, kind: str) -> list[dict[str, Any]]:
    """A person's notices of a kind, newest first."""
    return [one for one in (await person.ok("GET", "/me/notices"))["items"] if one["kind"] == kind]


def problem(reply: httpx2.Response) -> tuple[int, str]:
    return reply.status_code, str(reply.json()["code"])
