"""Long work: rows in batches, a transaction apart from the one under way, a lease that is renewed."""

import pytest

from piecework.platform import db, jobs
from piecework.platform.jobs import queue

pytestmark = pytest.mark.usefixtures("database")


class TestBatches:
    async def test_all_rows_come_in_order_and_other_statements_run_in_between(self) -> None:
        sizes, seen = [], []
        async with db.transaction():
            async for batch in db.batches("SELECT n FROM generate_series(1, $1::int) n ORDER BY n", 25, size=10):
                sizes.append(len(batch))
                seen += [row["n"] for row in batch]
                assert await db.scalar("SELECT $1::int", len(batch)) == len(batch)
        assert (sizes, seen) == ([10, 10, 5], list(range(1, 26)))

    async def test_no_row_is_no_batch(self) -> None:
        async with db.transaction():
            assert [batch async for batch in db.batches("SELECT 1 WHERE false", size=10)] == []


class TestApart:
    async def test_it_commits_by_itself_and_gives_the_other_one_back(self) -> None:
        with pytest.raises(RuntimeError):  # noqa: PT012 - what is in it is the point
            async with db.transaction():
                await jobs.enqueue("a.kind", [("outer", {})])
                async with db.apart():
                    assert await db.scalar("SELECT count(*) FROM job") == 0
                    await jobs.enqueue("a.kind", [("inner", {})])
                assert await db.scalar("SELECT count(*) FROM job") == 2
                raise RuntimeError
        assert [row["key"] for row in await db.rows("SELECT key FROM job")] == ["inner"]

    async def test_what_fails_apart_leaves_the_other_one_whole(self) -> None:
        async with db.transaction():
            await jobs.enqueue("a.kind", [("outer", {})])
            with pytest.raises(ZeroDivisionError):  # noqa: PT012 - as above
                async with db.apart():
                    await jobs.enqueue("a.kind", [("inner", {})])
                    raise ZeroDivisionError
        assert [row["key"] for row in await db.rows("SELECT key FROM job")] == ["outer"]


class TestKeep:
    @staticmethod
    async def never(_jobs: object) -> None:
        raise AssertionError

    async def test_a_renewed_lease_keeps_others_away_and_a_lost_one_is_told(self) -> None:
        kind = jobs.JobKind("a.kind", self.never, lease_s=30)
        await jobs.enqueue(kind.name, [("key", {})])
        (job,) = await queue.take(kind)
        await db.execute("UPDATE job SET run_at = now() - interval '1 second'")  # as if the lease had run out
        await jobs.keep(kind, job)
        assert await queue.take(kind) == []
        await db.execute("UPDATE job SET attempt = attempt + 1")  # somebody else has it
        with pytest.raises(queue.Zombie):
            await jobs.keep(kind, job)
