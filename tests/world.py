"""A small named world: the application, an account and a client per role, and short ways to make projects, people and answers."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2
from starlette.applications import Starlette
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from piecework.platform import composition, db
from piecework.platform.app import make_app
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Role
from piecework.platform.invariants import check
from piecework.platform.jobs.queue import ensure_recurring
from piecework.platform.jobs.runner import Runner
from piecework.platform.settings import Settings
from piecework.tasks.api import work as tasks_api
from piecework.tasks.steps import StepCache
from tests import races
from tests.kept import kept_at


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
    published: set[tuple[str, int, int]] = field(default_factory=set)
    """The qualifications that were published as open to all."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings, known: Mapping[str, tuple[uuid.UUID, str]] | None = None) -> AsyncIterator[World]:
        """Over the database that is named. `known`: it is migrated, with these people and their tokens; None: that is yet to be done."""
        assert settings.database_url
        if known is None:
            await db.migrate(composition.database_config(settings.database_url))
        tasks_api.STEPS = StepCache()  # it belongs to one database, and here is another
        app = make_app(settings)
        transport = httpx2.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            world = cls(app, client, settings)
            for name, (identifier, token) in (known or {}).items():
                world.people[name] = Person(world, identifier, token)
            if known is None:
                await world.people_of_all_roles()
            yield world

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    async def people_of_all_roles(self) -> None:
        """One account per role, named as it."""
        for role in Role:
            await self.person(role.value, role)

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
        """A freelancer with a contract and qualifications (`orders`, or `orders:2` for level 2, `orders:2:3` for its line 3)."""
        person = self.people.get(name) or await self.person(name)
        await self.agree(person, **contract)
        for text in qualifications or ("orders",):
            code, level, line = (*text.split(":"), "1", "1")[:3]
            await self.admit(person, code, int(level), int(line))
        return person

    async def admit(self, person: Person, code: str, level: int = 1, line: int = 1) -> dict[str, Any]:
        """Admit a person, after publishing that it is open to all; who holds it, or more, stays as they are."""
        wanted = {"code": code, "level": level, "line": line, "reason": "exam passed"}
        await self.open_to_all(code, level, line)
        reply = await self.curator.call("POST", f"/freelancers/{person.id}/qualifications", wanted)
        assert reply.is_success or reply.json()["code"] == "qualification_held", reply.text
        return dict(reply.json())

    async def open_to_all(self, code: str, level: int = 1, line: int = 1) -> None:
        """Publish, once, that a qualification asks for nothing."""
        if (code, level, line) not in self.published:
            await self.publish(code, {"level": level, "line": line, "criteria": [], "reason": "open to all"})
            self.published.add((code, level, line))

    async def publish(self, code: str, criteria: dict[str, Any]) -> None:
        """Publish criteria: drafted by the curator, published by the administrator."""
        made = await self.curator.ok("POST", f"/qualifications/{code}/criteria", criteria)
        decision = {"decision": "publish", "reason": criteria["reason"]}
        await self.administrator.ok("POST", f"/criteria-drafts/{made['id']}/decision", decision)

    async def agree(self, person: Person, **terms: Any) -> dict[str, Any]:
        """Offer a person terms that they asked for, and accept them as they; returns the version of their contract."""
        norm = min(1000, terms.get("weekly_cap", 5000))
        offer = {"rate": "by the ticket", "regime": "none", "weekly_norm": norm, "on_request": True, **terms}
        made = await self.curator.ok("POST", f"/freelancers/{person.id}/offers", offer)
        return dict(await person.ok("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]}))

    async def project(
        self, *steps: dict[str, Any], code: str = "orders", control_rate: float = 0.0, **spec: Any
    ) -> dict[str, Any]:
        """A project with a workflow (one choice step by default)."""
        made = await self.requester.ok("POST", "/projects", {"code": code, "name": code.title(), "control_rate": control_rate})
        workflow = {"name": code, "steps": list(steps) or [choice_step()], **spec}
        await self.requester.ok("POST", f"/projects/{code}/workflows", workflow)
        return dict(made)

    async def tickets(self, count: int, code: str = "orders", *, first: int = 0, **fields: Any) -> list[str]:
        """Send tickets and split them; returns their ids in the order sent."""
        sent = [
            {"external_id": f"T{i}", "channel": "email", "language": "en", "text": f"ticket {i}", **fields}
            for i in range(first, first + count)
        ]
        got = await self.requester.ok("POST", f"/projects/{code}/tickets", {"source": "tests", "tickets": sent})
        await self.drain()
        return [ticket["ticket_id"] for ticket in got["tickets"]]

    async def crowd(
        self,
        count: int,
        *codes: str,
        weekly_norm: int = 0,
        weekly_cap: int = 1_000_000,
        max_held: int = 50,
        zone: str = "Europe/Moscow",
    ) -> list[uuid.UUID]:
        """Many freelancers at once, by SQL: with a contract and qualifications, without tokens. For races."""
        rows = await db.rows(
            """WITH people AS (
                   INSERT INTO account (email, name, roles) SELECT gen_random_uuid() || '@crowd.test', 'one of many', '{freelancer}'
                   FROM generate_series(1, $1) RETURNING id),
               offers AS (
                   INSERT INTO contract_offer (freelancer_id, rate, weekly_norm, weekly_cap, max_held, zone, cadence, regime,
                                               notice_days, text, sha256, offered_by, expires_at)
                   SELECT id, 'by the ticket', $7, $3, $4, $2, 'weekly', 'none', 14, 'as agreed', encode(sha256('as agreed'), 'hex'),
                          $5, now() + interval '14 days'
                   FROM people RETURNING id, freelancer_id, sha256),
               accepted AS (
                   INSERT INTO contract_answer (offer_id, outcome, actor, sha256)
                   SELECT id, 'accepted', freelancer_id, sha256 FROM offers),
               agreed AS (
                   INSERT INTO contract (freelancer_id, version, zone, weekly_norm, weekly_cap, max_held, starts_at, accepted_at, offer_id)
                   SELECT freelancer_id, 1, $2, $7, $3, $4, now(), now(), id FROM offers),
               admitted AS (
                   INSERT INTO qualification (freelancer_id, code, granted_by, reason)
                   SELECT people.id, code, $5, 'exam passed' FROM people CROSS JOIN unnest($6::text[]) AS code)
               SELECT id FROM people ORDER BY id""",
            count,
            zone,
            weekly_cap,
            max_held,
            self.curator.id,
            list(codes or ("orders",)),
            weekly_norm,
        )
        people = [row["id"] for row in rows]
        await db.execute("SELECT apply_contract(id) FROM unnest($1::uuid[]) AS id", people)
        return people

    @contextlib.asynccontextmanager
    async def connections(self, count: int, role: str | None = "piecework_freelancer") -> AsyncIterator[list[asyncpg.Connection]]:
        """Connections of their own beside the application's pools, under a database role (None: the owner)."""
        assert self.settings.database_url
        kept = kept_at(self.settings.database_url)
        if (count, role) == (1, None) and kept is not None and not kept.lent:
            async with kept.lend_owner() as owner:
                yield [owner]
            return
        parts = db.database_url_parts(self.settings.database_url)
        settings = {"jit": "off"} | ({"role": role} if role else {})
        opened = await asyncio.gather(*(asyncpg.connect(**parts, server_settings=settings) for _ in range(count)))
        try:
            yield list(opened)
        finally:
            await asyncio.gather(*(connection.close() for connection in opened))

    async def as_owner(self, *statements: str) -> None:
        """Run statements as the owner of the database: what neither of the application's roles may do."""
        async with self.connections(1, role=None) as (owner,):
            for statement in statements:
                await owner.execute(statement)

    async def race(self, *works: Awaitable[Any]) -> list[Any]:
        """`races.race` over this world's database."""
        async with self.connections(1, role=None) as (watcher,):
            return await races.race(watcher, *works)

    async def overtake(
        self, first: Iterable[Awaitable[Any]], then: Iterable[Awaitable[Any]], meanwhile: Awaitable[object] | None = None
    ) -> list[Any]:
        """`races.overtake` over this world's database."""
        async with self.connections(1, role=None) as (watcher,):
            return await races.overtake(watcher, first, then, meanwhile)

    async def broken(self) -> list[str]:
        """The names of the invariants that do not hold."""
        kept, broken, others = kept_at(self.settings.database_url), [], composition.invariants()
        # A transaction of the test's own shows what no other connection sees.
        if kept is not None and not isinstance(get_connection(db.APP), TransactionalDBClient):
            broken, others = await kept.broken_invariants(), [one for one in others if not isinstance(one.violations, str)]
        return [*broken, *(finding.name for finding in [await check(one) for one in others] if not finding.ok)]

    async def drain(self) -> Runner:
        """Run every job that is due, as a worker would."""
        runner = Runner(composition.job_kinds())
        await runner.drain()
        assert runner.failed == 0
        return runner

    async def drain_recurring(self, name: str) -> None:
        """Run one recurring kind of job once, as if it were due."""
        (kind,) = [kind for kind in composition.job_kinds() if kind.name == name]
        async with db.transaction():
            await ensure_recurring([kind])
            await db.execute("UPDATE job SET run_at = now() WHERE kind = $1", name)
        runner = Runner([kind])
        await runner.drain()
        assert (runner.done, runner.failed) == (1, 0)

    async def verify(self) -> None:
        """Every invariant holds."""
        broken = await self.broken()
        assert broken == [], broken
