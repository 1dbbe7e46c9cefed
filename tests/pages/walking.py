"""The filled world as everybody in it sees it: walked over once per process, and copied for each test that changes something."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db
from piecework.platform.app import book
from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from tests.conftest import _run, url_of
from tests.pages.conftest import session
from tests.pages.everywhere import Walker
from tests.pages.filled import AUTHOR, Filled, reopened
from tests.world import World

TURNS = 2
WALKERS = (AUTHOR, "mila", "applicant1", "applicant2", "curator", "requester", "finance", "administrator")
BY_FORMS = {
    "curator": (
        # Where one comes by recording an audit.
        "SELECT '/audits/' || id FROM audit WHERE done_at IS NOT NULL LIMIT 1",
        # What a button of the policy's form puts beside it.
        "SELECT '/policies/lavka/tema/curve?overlap=2&max_overlap=4&confidence=0.9'",
        # What the form that begins further questions leads to.
        "SELECT '/writing/questions/-'",
        "SELECT '/writing/step-questions/lavka.tema'",
    ),
}
"""Pages that no link leads to: where forms lead, and why there is no other way."""


@dataclass(frozen=True)
class Walked:
    """The filled world's accounts and open sessions, and what everybody saw in Russian."""

    accounts: dict[str, tuple[UUID, str]]
    secrets: dict[str | None, str | None]
    walker: Walker


async def walk(servers: Servers, template: str) -> Walked:
    """Fill a world and walk over it. Its database stays, to be copied from."""
    await _run(servers, f"CREATE DATABASE filled_once TEMPLATE {template} STRATEGY FILE_COPY")
    settings = Settings(DATABASE_URL=url_of(servers, "filled_once"), REDIS_URL=servers.redis_url)
    async with World.open(settings) as world:
        filled = await Filled.make(world)
        for _ in range(TURNS):
            await filled.turn()
        secrets: dict[str | None, str | None] = {None: None}
        secrets |= {name: await session(filled[name].id) for name in WALKERS}
        walker = Walker(book(), "ru")
        for name, secret in secrets.items():
            starts = ["/", "/sign-in", "/apply"] if name is None else ["/"]
            starts += [await db.scalar(sql) for sql in BY_FORMS.get(name or "", ())]
            await walker.walk(world.app, name, secret, starts)
        return Walked({name: (one.id, one.token) for name, one in world.people.items()}, secrets, walker)


@asynccontextmanager
async def copied(servers: Servers, walked: Walked) -> AsyncIterator[Filled]:
    """The world that was walked over, in a database of its own."""
    name = f"filled_{os.getpid()}"
    await _run(servers, f"CREATE DATABASE {name} TEMPLATE filled_once STRATEGY FILE_COPY")
    settings = Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url)
    async with reopened(settings, walked.accounts, TURNS) as opened:
        yield opened
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")
