"""Jobs: retried, laid aside, isolated, fenced."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from piecework.platform import db, trail
from piecework.platform.jobs import Job, JobKind, enqueue, queue, runner
from piecework.platform.jobs.queue import Zombie, ensure_recurring, finish, take
from piecework.platform.jobs.runner import Runner
from tests import races

pytestmark = pytest.mark.usefixtures("database")


async def leave_effect(jobs: Sequence[Job]) -> None:
    """The effect of a handler here: one line in the trail per job."""
    for job in jobs:
        await trail.record(None, "done", "job", job.key)


async def effects() -> list[str]:
    return [row["subject_id"] for row in await db.rows("SELECT subject_id FROM trail ORDER BY id")]


async def make_due(kind: str = "test") -> None:
    await db.execute("UPDATE job SET run_at = now() WHERE kind = $1", kind)


async def add(count: int, kind: str = "test") -> None:
    await enqueue(kind, [(f"{i:03}", {}) for i in range(count)])


async def jobs_left() -> int:
    return int(await db.scalar("SELECT count(*) FROM job"))


class TestEnqueue:
    async def test_a_job_exists_if_and_only_if_its_transaction_commits(self) -> None:
        async def half() -> None:
            async with db.transaction():
                await add(1)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await half()
        assert await jobs_left() == 0

    async def test_a_key_that_waits_already_is_left_as_it_is(self) -> None:
        await enqueue("test", [("k", {"first": 1})])
        await enqueue("test", [("k", {"second": 2})])
        assert await db.scalar("SELECT payload::text FROM job") == '{"first": 1}'

    async def test_a_job_for_later_waits(self) -> None:
        later = await db.scalar("SELECT now() + interval '1 hour'")
        await enqueue("test", [("k", {})], run_at=later)
        assert await Runner([JobKind("test", leave_effect)]).drain() == 0


class TestRun:
    async def test_effect_and_end_are_one_commit(self) -> None:
        await add(3)
        assert await Runner([JobKind("test", leave_effect, batch=10)]).drain() == 3
        assert (await effects(), await jobs_left()) == (["000", "001", "002"], 0)

    async def test_what_a_job_makes_due_is_run_too(self) -> None:
        async def first(jobs: Sequence[Job]) -> None:
            await enqueue("second", [(job.key, {}) for job in jobs])

        await add(2, "first")
        assert await Runner([JobKind("first", first), JobKind("second", leave_effect)]).drain() == 4
        assert await effects() == ["000", "001"]

    async def test_the_bell_or_the_sweep_wakes_a_waiting_runner(self) -> None:
        stopping, done = asyncio.Event(), asyncio.Event()

        async def handler(jobs: Sequence[Job]) -> None:
            await leave_effect(jobs)
            done.set()

        waiting = Runner([JobKind("test", handler)], sweep_s=0.05)
        task = asyncio.create_task(waiting.run(stopping))
        await add(1)
        await asyncio.wait_for(done.wait(), 5)
        stopping.set()
        await asyncio.wait_for(task, 5)
        assert await effects() == ["000"]


class TestFailure:
    @staticmethod
    async def fails(_jobs: Sequence[Job]) -> None:
        await trail.record(None, "half done", "job", "x")
        raise ValueError("no luck today")

    async def test_a_failed_job_leaves_no_effect_and_comes_back_later_and_later(self) -> None:
        await add(1)
        kind = JobKind("test", self.fails, max_attempts=9)
        delays = []
        for _ in range(4):
            await make_due()
            await Runner([kind]).drain()
            delays.append(round(await db.scalar("SELECT extract(epoch FROM run_at - now())::float FROM job")))
        assert delays == [1, 2, 4, 8]
        assert await effects() == []
        assert await db.scalar("SELECT last_error FROM job") == "ValueError: no luck today"

    async def test_after_its_last_attempt_it_is_laid_aside_and_kept(self) -> None:
        await add(1)
        runner_ = Runner([JobKind("test", self.fails, max_attempts=3)])
        for _ in range(5):
            await make_due()
            await runner_.drain()
        assert (runner_.failed, runner_.died) == (3, 1)
        assert await db.scalar("SELECT dead_at IS NOT NULL AND attempt = 3 FROM job")

    async def test_a_poison_job_delays_only_itself(self) -> None:
        async def one_is_bad(jobs: Sequence[Job]) -> None:
            await leave_effect(jobs)
            assert all(job.key != "007" for job in jobs)

        await add(20)
        runner_ = Runner([JobKind("test", one_is_bad, batch=20)])
        assert await runner_.drain() == 19
        assert await effects() == [f"{i:03}" for i in range(20) if i != 7]
        assert [row["key"] for row in await db.rows("SELECT key FROM job")] == ["007"]

    async def test_a_very_long_error_is_cut(self) -> None:
        async def shouts(_jobs: Sequence[Job]) -> None:
            raise ValueError("A" * 3_000)

        await add(1)
        await Runner([JobKind("test", shouts)]).drain()
        assert await db.scalar("SELECT length(last_error) FROM job") == 2000

    async def test_an_error_with_nul_in_it_does_not_stop_the_runner(self) -> None:
        async def mumbles(_jobs: Sequence[Job]) -> None:
            raise ValueError("\x00")

        await add(1)
        runner_ = Runner([JobKind("test", mumbles)])
        await runner_.drain()
        assert runner_.failed == 1
        assert await db.scalar("SELECT last_error FROM job") == "ValueError: \ufffd"

    async def test_an_error_with_half_a_character_in_it_is_kept_too(self) -> None:
        kind = JobKind("test", leave_effect)
        await add(1)
        (job,) = await take(kind)
        await queue.fail(kind, job, "half \ud800")
        assert await db.scalar("SELECT last_error FROM job") == "half ?"


class TestLostWorker:
    """A worker that takes jobs and is never heard of again."""

    async def test_its_jobs_are_taken_again_when_the_lease_is_over(self) -> None:
        kind = JobKind("test", leave_effect, batch=10)
        await add(3)
        assert len(await take(kind)) == 3
        assert await Runner([kind]).drain() == 0
        await make_due()
        assert await Runner([kind]).drain() == 3

    async def test_a_job_that_loses_every_worker_is_laid_aside_at_last(self) -> None:
        kind = JobKind("test", leave_effect, max_attempts=3)
        await add(1)
        for _ in range(3):
            await make_due()
            assert len(await take(kind)) == 1
        await make_due()
        await Runner([kind]).drain()
        assert await effects() == []
        assert await db.scalar("SELECT dead_at IS NOT NULL FROM job")

    async def test_a_zombie_leaves_no_effect(self) -> None:
        assert await self.zombie() == ["000"]

    async def test_without_the_attempt_in_the_ending_it_would(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def careless(kind: JobKind, jobs: Sequence[Job]) -> None:
            await db.execute("DELETE FROM job WHERE kind = $1 AND key = ANY ($2)", kind.name, [job.key for job in jobs])

        monkeypatch.setattr(runner, "finish", careless)
        assert await self.zombie() == ["000", "000"]

    async def zombie(self) -> list[str]:
        """A worker is stopped inside its handler until another has done the job; then it goes on. Returns the effects."""
        reached, go_on = asyncio.Event(), asyncio.Event()

        async def stopped_once(jobs: Sequence[Job]) -> None:
            await leave_effect(jobs)
            reached.set()
            await go_on.wait()

        await add(1)
        slow = asyncio.create_task(Runner([JobKind("test", stopped_once)]).drain())
        await reached.wait()
        await make_due()
        await Runner([JobKind("test", leave_effect)]).drain()
        go_on.set()
        await slow
        return await effects()

    async def test_the_ending_of_a_job_that_is_no_longer_mine_is_refused(self) -> None:
        kind = JobKind("test", leave_effect)
        await add(1)
        mine = await take(kind)
        await make_due()
        await take(kind)
        with pytest.raises(Zombie):
            await finish(kind, mine)


class TestTwoRunners:
    @staticmethod
    async def both(database: db.Config, handled: list[str]) -> None:
        """Each has taken its first jobs when the gate opens; or has looked for them, where taking stops in the middle."""

        async def handler(jobs: Sequence[Job]) -> None:
            handled.extend(job.key for job in jobs)
            await leave_effect(jobs)
            await races.stop()

        await add(60)
        kind = JobKind("test", handler, batch=7)
        watcher = await asyncpg.connect(**db.database_url_parts(database.url))
        await races.race(watcher, Runner([kind]).drain(), Runner([kind]).drain())
        await watcher.close()

    async def test_each_job_is_done_once(self, database: db.Config) -> None:
        handled: list[str] = []
        await self.both(database, handled)
        assert sorted(handled) == sorted(await effects()) == [f"{i:03}" for i in range(60)]

    @staticmethod
    async def take_without_lock(kind: JobKind) -> list[Job]:
        found = await db.rows(
            "SELECT key, attempt FROM job WHERE kind = $1 AND run_at <= now() ORDER BY run_at LIMIT $2", kind.name, kind.batch
        )
        keys = [row["key"] for row in found]
        await races.stop()
        await db.execute(
            "UPDATE job SET attempt = 1, run_at = now() + interval '60 s' WHERE kind = $1 AND key = ANY ($2)", kind.name, keys
        )
        return [Job(key, {}, 1) for key in keys]

    async def test_without_the_lock_jobs_are_taken_twice_but_end_once(
        self, database: db.Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runner, "take", self.take_without_lock)
        handled: list[str] = []
        await self.both(database, handled)
        assert len(handled) > 60
        assert len(await effects()) == len(set(await effects()))

    async def test_without_lock_and_fence_they_are_done_twice(self, database: db.Config, monkeypatch: pytest.MonkeyPatch) -> None:
        async def forgiving(kind: JobKind, jobs: Sequence[Job]) -> None:
            await db.execute("DELETE FROM job WHERE kind = $1 AND key = ANY ($2)", kind.name, [job.key for job in jobs])

        monkeypatch.setattr(runner, "take", self.take_without_lock)
        monkeypatch.setattr(runner, "finish", forgiving)
        await self.both(database, [])
        assert len(await effects()) > 60

    async def test_the_kind_and_key_are_unique_in_the_database(self) -> None:
        await add(1)
        with pytest.raises(asyncpg.UniqueViolationError):
            await db.execute("INSERT INTO job (kind, key) VALUES ('test', '000')")


class TestRecurring:
    def kind(self, handler: Any = leave_effect) -> JobKind:
        return JobKind("tick", handler, every_s=60)

    async def test_it_has_one_row_however_many_workers_start(self) -> None:
        await asyncio.gather(*(ensure_recurring([self.kind()]) for _ in range(5)))
        assert await jobs_left() == 1

    async def test_it_is_put_back_for_later(self) -> None:
        await ensure_recurring([self.kind()])
        runner_ = Runner([self.kind()])
        await runner_.drain()
        await runner_.drain()
        assert (runner_.done, await effects()) == (1, ["recurring"])
        assert await db.scalar("SELECT extract(epoch FROM run_at - now()) BETWEEN 55 AND 60 FROM job")

    async def test_it_never_dies_and_recovers_with_the_first_success(self) -> None:
        await ensure_recurring([self.kind()])
        runner_ = Runner([self.kind(TestFailure.fails)])
        for _ in range(12):
            await make_due("tick")
            await runner_.drain()
        assert (runner_.failed, runner_.died) == (12, 0)
        await make_due("tick")
        await Runner([self.kind()]).drain()
        assert await db.row("SELECT attempt, last_error, dead_at FROM job") == (0, None, None)


class TestKinds:
    def test_every_kind_that_an_event_starts_exists(self) -> None:
        from piecework.platform import composition

        kinds = {kind.name for kind in composition.job_kinds()}
        started = {name for mapping in composition.subscriptions() for names in mapping.values() for name in names}
        assert started <= kinds
        assert len(kinds) == len(composition.job_kinds())
        assert queue.JobKind is JobKind
