"""A small named world: the application, an account and a client per role, and short ways to make projects, people and answers."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from starlette.applications import Starlette

from piecework.platform import composition, db
from piecework.platform.app import make_app
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Role
from piecework.platform.jobs.runner import Runner
from piecework.platform.settings import Settings


def choice_step(**changes: Any) -> dict[str, Any]:
    """A step that asks for a topic, a or b or c."""
    options = [{"value": value, "title": value.upper()} for value in "abc"]
    step: dict[str, Any] = {
        "key": "classify",
        "title": "Choose the topic",
        "instruction": "Read the ticket and choose.",
        "input": [{"name": "text", "title": "Text", "source": "ticket.text"}],
        "answer": [{"name": "topic", "type": "choice", "title": "Topic", "options": options}],
        "overlap": 3,
        "price": "2.50",
        "qualification": "orders",
    }
    return step | changes


@dataclass
class Person:
    """An account with a token; `call` speaks to the API as them."""

    world: World
    id: uuid.UUID
    token: str

    async def call(self, method: str, path: str, json: Any = None, **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.world.client.request(method, f"/api/v1{path}", json=json, headers=headers, **more)

    async def ok(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        response = await self.call(method, path, json, **more)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def claim(self, count: int = 1, project: str | None = None) -> list[dict[str, Any]]:
        body = {"count": count} | ({"project": project} if project else {})
        found: list[dict[str, Any]] = (await self.ok("POST", "/assignments", body))["assignments"]
        return found

    async def answer(self, assignment: dict[str, Any], answer: dict[str, Any], **more: Any) -> httpx2.Response:
        body = {"submission_id": str(uuid.uuid4()), "lease_token": assignment["lease_token"], "answer": answer, **more}
        return await self.call("POST", f"/assignments/{assignment['id']}/answer", body)


@dataclass
class World:
    """The application in this process, over a database of its own."""

    app: Starlette
    client: httpx2.AsyncClient
    settings: Settings
    people: dict[str, Person] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[World]:
        assert settings.database_url
        await db.migrate(composition.database_config(settings.database_url))
        app = make_app(settings)
        transport = httpx2.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            world = cls(app, client, settings)
            for role in Role:
                await world.person(role.value, role)
            yield world

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    async def person(self, name: str, *roles: Role) -> Person:
        """A new account with these roles (a freelancer if none are named) and a token for everything they allow."""
        async with db.transaction():
            account = await accounts.create_account(
                None, email=f"{name}@example.test", name=name, roles=[role.value for role in roles] or [Role.FREELANCER.value]
            )
            _, secret = await accounts.create_token(None, account.id, name="tests", scopes=["*"])
        self.people[name] = Person(self, account.id, secret)
        return self.people[name]

    async def worker(self, name: str, *qualifications: str, **contract: Any) -> Person:
        """A freelancer with a contract and qualifications (`orders`, or `orders:2` for level 2)."""
        person = self.people.get(name) or await self.person(name)
        await self.curator.ok("PUT", f"/freelancers/{person.id}/contract", contract)
        for text in qualifications or ("orders",):
            code, _, level = text.partition(":")
            await self.curator.ok(
                "POST",
                f"/freelancers/{person.id}/qualifications",
                {"code": code, "level": int(level or 1), "reason": "exam passed"},
            )
        return person

    async def project(self, *steps: dict[str, Any], code: str = "orders", control_rate: float = 0.0, **spec: Any) -> dict[str, Any]:
        """A project with a workflow (one choice step by default)."""
        made = await self.requester.ok("POST", "/projects", {"code": code, "name": code.title(), "control_rate": control_rate})
        workflow = {"name": code, "steps": list(steps) or [choice_step()], **spec}
        await self.requester.ok("POST", f"/projects/{code}/workflows", workflow)
        return dict(made)

    async def tickets(self, count: int, code: str = "orders", *, first: int = 0, **fields: Any) -> list[str]:
        """Send tickets and split them; returns their ids in the order sent."""
        sent = [
            {"external_id": f"T{i}", "channel": "email", "language": "en", "text": f"ticket {i}", **fields} for i in range(first, first + count)
        ]
        got = await self.requester.ok("POST", f"/projects/{code}/tickets", {"source": "tests", "tickets": sent})
        await self.drain()
        return [ticket["ticket_id"] for ticket in got["tickets"]]

    async def drain(self) -> Runner:
        """Run every job that is due, as a worker would."""
        runner = Runner(composition.job_kinds())
        await runner.drain()
        assert runner.failed == 0
        return runner

    async def verify(self) -> None:
        """Every invariant holds."""
        from piecework.platform.invariants import check

        broken = [finding for finding in [await check(one) for one in composition.invariants()] if not finding.ok]
        assert broken == []
