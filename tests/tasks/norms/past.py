"""Weeks that are over: tests move facts, not clocks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from piecework.platform import db
from piecework.platform.invariants import check
from piecework.tasks.norms import results
from piecework.tasks.norms.invariants import INVARIANTS
from tests.world import World, choice_step

MOSCOW = "Europe/Moscow"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Past:
    """A world in which people have worked for weeks. `monday`: when the newest week of Moscow began that is over and settled."""

    world: World
    owner: asyncpg.Connection
    step_id: int
    project_id: UUID
    monday: datetime
    clock: datetime

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, world: World, code: str = "orders") -> AsyncIterator[Past]:
        project = await world.project(choice_step(overlap=1), code=code)
        queue = await db.row("SELECT step_id, project_id FROM queue WHERE project_id = $1", project["id"])
        assert queue is not None
        async with world.connections(1, role=None) as (owner,):
            now: datetime = await db.scalar("SELECT clock_timestamp()")
            here = (now - HOUR).astimezone(ZoneInfo(MOSCOW))
            this = here.replace(hour=0, minute=0, second=0, microsecond=0) - here.weekday() * DAY
            yield cls(world, owner, queue["step_id"], queue["project_id"], (this - 7 * DAY).astimezone(now.tzinfo), now)

    def at(self, day: int, clock: str = "00:00") -> datetime:
        """A time of that week by Moscow's clocks; day 1 is its Monday, 0 the Sunday before."""
        hours, minutes = clock.split(":")
        return self.monday + timedelta(days=day - 1, hours=int(hours), minutes=int(minutes))

    async def write(self, table: str, **values: Any) -> None:
        """Insert a row as the owner of the database."""
        columns = ", ".join(values)
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await self.owner.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", *values.values())

    async def person(self, norm: int = 100, *, zone: str = MOSCOW, since: datetime | None = None, max_held: int = 10) -> UUID:
        """Somebody whose contract began some weeks before."""
        (one,) = await self.world.crowd(1, weekly_norm=norm, zone=zone, max_held=max_held)
        await self.began([one], since or self.monday - 28 * DAY)
        return one

    async def began(self, people: list[UUID], since: datetime) -> None:
        """These people's contracts began then, and their qualifications."""
        await self.owner.execute("ALTER TABLE contract DISABLE TRIGGER append_only")
        await self.owner.execute(
            "UPDATE contract SET starts_at = $2, accepted_at = $2, created_at = $2 WHERE freelancer_id = ANY ($1)", people, since
        )
        await self.owner.execute("ALTER TABLE contract ENABLE TRIGGER append_only")
        await self.owner.execute("UPDATE qualification SET granted_at = $2 WHERE freelancer_id = ANY ($1)", people, since)
        await self.reload(people)

    async def next_version(self, person: UUID, starts: datetime, norm: int, zone: str = MOSCOW) -> None:
        """Another version of the contract."""
        await self.owner.execute("ALTER TABLE contract DROP CONSTRAINT IF EXISTS contract_was_offered")
        version = 1 + await db.scalar("SELECT max(version) FROM contract WHERE freelancer_id = $1", person)
        await self.write(
            "contract", freelancer_id=person, version=version, zone=zone, weekly_norm=norm, weekly_cap=5000, max_held=10,
            starts_at=starts, accepted_at=starts, created_at=starts,
        )  # fmt: skip
        await self.reload([person])

    async def reload(self, people: list[UUID]) -> None:
        """What claims go by follows the contracts."""
        await self.owner.execute("DELETE FROM workload WHERE freelancer_id = ANY ($1)", people)
        await self.owner.execute("SELECT apply_contract(id) FROM unnest($1::uuid[]) AS id", people)

    async def answers(
        self,
        person: UUID,
        count: int,
        starts: datetime,
        *,
        state: str = "accepted",
        took: int = 60,
        decided: datetime | None = None,
    ) -> list[UUID]:
        """So many tasks of a minute each, one after the other, decided ten seconds after each was submitted."""
        found = await self.owner.fetch(
            """WITH n AS (SELECT g, $3::timestamptz + g * make_interval(secs => $5) AS at FROM generate_series(0, $2::int - 1) g)
               INSERT INTO assignment (id, task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at,
                                       ended_at, decided_at, revision, share)
               SELECT uuidv7(n.at - clock_timestamp()), gen_random_uuid(), $1, $6, $7, 0, 1, n.at, $4, n.at,
                      CASE WHEN $4 <> 'held' THEN n.at + make_interval(secs => $5) END,
                      CASE WHEN $4 IN ('accepted', 'rejected') THEN coalesce($8, n.at + make_interval(secs => $5 + 10)) END,
                      CASE WHEN $4 IN ('accepted', 'rejected') THEN 1 ELSE 0 END, CASE $4 WHEN 'rejected' THEN 0 ELSE 10000 END
               FROM n ORDER BY n.g RETURNING id""",
            person, count, starts, state, took, self.step_id, self.project_id, decided,
        )  # fmt: skip
        ids = [row["id"] for row in found]
        await self.owner.execute(
            """INSERT INTO decision (assignment_id, revision, state, share, basis, decided_at)
               SELECT id, 1, state, share, 'consensus', decided_at FROM assignment WHERE id = ANY ($1) AND decided_at IS NOT NULL""",
            ids,
        )
        return ids

    async def overturn(self, assignment: UUID, at: datetime) -> None:
        """An appeal against a rejected answer was upheld."""
        await self.owner.execute(
            "UPDATE assignment SET state = 'accepted', share = 10000, revision = 2, decided_at = $2 WHERE id = $1", assignment, at
        )
        await self.owner.execute(
            """INSERT INTO decision (assignment_id, revision, state, share, basis, decided_at)
               VALUES ($1, 2, 'accepted', 10000, 'appeal', $2)""",
            assignment, at,
        )  # fmt: skip

    async def gap(self, person: UUID, starts: datetime, ends: datetime, ending: str | None = "work", **more: Any) -> None:
        """The person asked in vain from then to then."""
        ended = {"ended_at": ends, "ending": ending} if ending else {}
        await self.write("gap", **({"freelancer_id": person, "starts_at": starts, "asked_at": ends, **ended} | more))

    async def pulse(self, starts: datetime, ends: datetime) -> None:
        """The platform worked in each minute from then to then."""
        await self.owner.execute(
            "INSERT INTO pulse SELECT generate_series(date_trunc('minute', $1::timestamptz), $2, interval '1 minute') ON CONFLICT DO NOTHING",
            starts, ends,
        )  # fmt: skip

    async def open_then(
        self, minute: datetime, count: int, *, language: str = "en", line: int = 1, median_ms: int | None = None
    ) -> None:
        """So many slots stood open in that minute."""
        await self.pulse(minute, minute)
        await self.write(
            "supply",
            step_id=self.step_id,
            line=line,
            language=language,
            minute=minute,
            open=count,
            claimed=0,
            median_ms=median_ms,
        )

    async def close(self, *people: UUID, at: datetime | None = None) -> int:
        """What the job does for these people."""
        async with db.transaction():
            return await results.close(sorted(people), at)

    async def minutes_pass(self) -> None:
        """As if all that was told, decided and looked at since weeks were closed had been so six minutes before."""
        later = {
            "week_result": "as_of = as_of - $1::interval, closed_at = closed_at - $1::interval WHERE revision > 1 AND basis = 'known_later'",
            "decision": "decided_at = decided_at - $1::interval WHERE revision > 1",
            "outage": "recorded_at = recorded_at - $1::interval",
        }
        for table, change in later.items():
            await self.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            await self.owner.execute(f"UPDATE {table} SET {change}", 6 * MINUTE)
            await self.owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
        await self.owner.execute("UPDATE week_look SET as_of = as_of - $1::interval", 6 * MINUTE)
        await self.owner.execute("UPDATE assignment SET decided_at = decided_at - $1::interval WHERE revision > 1", 6 * MINUTE)
        await self.owner.execute("UPDATE leave SET told_at = told_at - $1::interval WHERE kind = 'illness'", 6 * MINUTE)

    async def later(self) -> int:
        """What the job does, some minutes later, about what was told since."""
        await self.minutes_pass()
        async with db.transaction():
            found = await results.told_later()
            return sum([await results.revise(person, since) for person, since in found.items()])

    async def results(self, person: UUID, *columns: str) -> list[tuple[Any, ...]]:
        """All results of a person's weeks, oldest first."""
        wanted = columns or ("result", "norm", "effective", "done")
        found = await db.rows(
            f"SELECT {', '.join(wanted)} FROM week_result WHERE freelancer_id = $1 ORDER BY starts_at, revision", person
        )
        return [tuple(row) for row in found]

    async def last(self, person: UUID) -> dict[str, Any]:
        """The newest result of the week of `monday`."""
        row = await db.row("SELECT * FROM week_newest WHERE freelancer_id = $1 AND starts_at = $2", person, self.monday)
        assert row is not None
        return dict(row)

    async def verify(self) -> None:
        """The invariants of norms hold."""
        findings = [await check(one) for one in INVARIANTS]
        assert [f.name for f in findings if not f.ok] == [], findings
