"""Norms through the API: one's week, one's results, the policy, how fairly work is spread."""

from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.invariants import check
from piecework.tasks.norms.invariants import INVARIANTS
from piecework.tasks.norms.policy import NormPolicy
from piecework.tasks.norms.supply import gini, spread
from tests.tasks.norms.past import DAY, MINUTE, Past
from tests.traceless import nothing_changes
from tests.world import Person


class TestMyNorm:
    async def test_everything_about_the_week_at_any_time(self, past: Past) -> None:
        anna = await past.world.worker("anna", weekly_norm=700, weekly_cap=2000)
        now = await db.scalar("SELECT clock_timestamp()")
        starts = now - DAY
        await past.began([anna.id], starts)
        await past.answers(anna.id, 20, starts + timedelta(hours=2))
        await past.answers(anna.id, 5, starts + timedelta(hours=3), state="submitted")
        await past.answers(anna.id, 1, starts + timedelta(hours=4), state="rejected")
        await past.gap(anna.id, now - 30 * MINUTE, now - MINUTE, None)
        found = await anna.ok("GET", "/me/norm")
        assert (found["done"], found["accepted"], found["awaiting"], found["rejected"]) == (25, 20, 5, 1)
        assert found["pace"] == {"seconds": 60.0, "answers": 25}
        assert found["cap"] == {"cap": 2000, "claimed": 0, "left": 2000}
        assert 28 <= found["gaps"] <= 30  # it goes on: the last ask was a minute ago
        assert found["effective"] == found["norm"] - found["gaps"]
        assert found["forecast"] > 25
        (line,) = found["lines"]
        assert (line["kind"], line["note"]) == ("gap", "")

    async def test_without_a_contract(self, past: Past) -> None:
        reply = await past.world.freelancer.call("GET", "/me/norm")
        assert (reply.status_code, reply.json()["code"]) == (409, "no_contract")


class TestWeeks:
    async def test_each_line_with_its_explanation(self, past: Past) -> None:
        anna = await past.world.worker("anna", weekly_norm=50)
        await past.began([anna.id], past.monday)
        await past.answers(anna.id, 20, past.at(2))
        await past.gap(anna.id, past.at(3, "10:00"), past.at(3, "10:10"), None, seen_at=past.at(3, "10:05"))
        await past.close(anna.id)
        (week,) = (await anna.ok("GET", "/me/weeks"))["items"]
        assert (week["result"], week["norm"], week["effective"], week["done"], week["handed_out"]) == ("missed", 50, 50, 20, 20)
        assert [line["note"] for line in week["lines"]] == ["refused"]
        assert "did not claim it" in week["words"]
        assert week["appeal_by"] is not None

    async def test_curators_find_them_by_person_and_result_page_by_page(self, past: Past) -> None:
        people = [await past.person(10, since=past.monday) for _ in range(3)]
        await past.answers(people[0], 10, past.at(2))
        await past.close(*people)
        curator = past.world.curator
        assert len((await curator.ok("GET", "/weeks"))["items"]) == 3
        assert [one["freelancer_id"] for one in (await curator.ok("GET", "/weeks?result=met"))["items"]] == [str(people[0])]
        assert len((await curator.ok("GET", f"/weeks?freelancer_id={people[1]}"))["items"]) == 1
        first = await curator.ok("GET", "/weeks?limit=2")
        rest = await curator.ok("GET", f"/weeks?limit=2&cursor={first['next_cursor']}")
        assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)

    async def test_a_week_that_another_made_is_not_mine(self, past: Past) -> None:
        boris = await past.person(10, since=past.monday)
        await past.close(boris)
        assert (await past.world.freelancer.ok("GET", "/me/weeks"))["items"] == []


class TestPolicy:
    async def test_a_version_counts_for_weeks_that_begin_after_it(self, past: Past) -> None:
        body = {"policy": NormPolicy(gap_daily_hours=1).model_dump(), "reason": "fewer hours"}
        made = await past.world.curator.ok("PUT", "/norm-policy", body)
        assert (made["version"], made["policy"]["gap_daily_hours"]) == (1, 1)
        shown = await past.world.freelancer.ok("GET", "/norm-policy")
        assert [one["version"] for one in shown["versions"]] == [1, 0]
        assert await db.scalar("SELECT count(*) FROM notice WHERE kind = 'norm.policy'") >= 1
        for set_at, seconds in ((past.at(1) + MINUTE, 7200), (past.at(1), 3600)):
            await past.owner.execute("ALTER TABLE norm_policy DISABLE TRIGGER append_only")
            await past.owner.execute("UPDATE norm_policy SET set_at = $1", set_at)
            await past.owner.execute("ALTER TABLE norm_policy ENABLE TRIGGER append_only")
            anna = await past.person(100, since=past.monday)
            await past.answers(anna, 20, past.at(2))
            await past.gap(anna, past.at(3, "10:00"), past.at(3, "12:00"))
            await past.close(anna)
            assert (await past.last(anna))["gaps"] == seconds // 60

    async def test_what_cannot_be_is_refused(self, past: Past, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for changes in [{"gap_daily_hours": 25}, {"second_chance": -1}, {"propose_after": 0}, {"else": 1}]:
                with subtests.test(changes=changes):
                    body = {"policy": NormPolicy().model_dump() | changes, "reason": "a mistake"}
                    assert (await past.world.curator.call("PUT", "/norm-policy", body)).status_code == 422
                    assert await db.scalar("SELECT count(*) FROM norm_policy") == 0


class TestOutages:
    async def test_what_is_not_over_or_no_time_is_refused(self, past: Past, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for starts, ends in [(2, 2), (3, 2), (2, 40), (-30, 2)]:
                with subtests.test(starts=starts, ends=ends):
                    body = {
                        "starts_at": past.at(starts).isoformat(),
                        "ends_at": past.at(ends).isoformat(),
                        "reason": "seen by nobody",
                    }
                    reply = await past.world.administrator.call("POST", "/outages", body)
                    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "out_of_range")


class TestFairness:
    async def test_it_is_there_for_everybody(self, past: Past) -> None:
        rich, poor, idle = [await past.person(10, since=past.monday) for _ in range(3)]
        await past.answers(rich, 20, past.at(2))
        await past.answers(poor, 4, past.at(2), took=60)
        await past.answers(poor, 10, past.at(0), took=60)  # so that there is a pace
        await past.gap(poor, past.at(3), past.at(3, "00:05"))
        await past.close(rich, poor, idle)
        found = await past.world.freelancer.ok("GET", "/supply/fairness")
        (week,) = found["weeks"]
        assert week["people"] == 3
        assert week["gini"] == pytest.approx(gini([2.0, 0.4, 0.0]))
        assert week["could_have_met"] == pytest.approx(2 / 3)

    def test_gini(self) -> None:
        assert gini([]) == gini([0, 0]) == gini([3, 3, 3]) == 0
        assert gini([0, 0, 0, 1]) == pytest.approx(0.75)
        assert gini([1, 2, 3, 4]) == pytest.approx(0.25)

    def test_who_did_it_all_the_same_could_have_met_it(self) -> None:
        one = {"norm": 10, "handed_out": 10, "away": 2, "gaps": 3, "done": 8}
        assert spread([one, one | {"done": 7}])["could_have_met"] == 0.5


class TestTasksOfAWeek:
    """Every task that a week's figures count, and why others do not."""

    async def week(self, past: Past) -> tuple[Person, dict[str, Any]]:
        anna = await past.world.worker("anna", weekly_norm=50)
        await past.began([anna.id], past.monday - 7 * DAY)
        self.accepted = await past.answers(anna.id, 12, past.at(2))
        await past.answers(anna.id, 3, past.at(3), state="submitted")
        self.rejected = await past.answers(anna.id, 2, past.at(4), state="rejected")
        for day, state in enumerate(("expired", "skipped", "released", "escalated"), 1):
            await past.answers(anna.id, day, past.at(day, "08:00"), state=state)
        await past.answers(anna.id, 1, past.at(0, "23:59"), took=120)  # claimed in the week before
        await past.answers(anna.id, 1, past.at(7, "23:59"), took=120)  # submitted in the week after
        await past.answers(anna.id, 5, past.at(0, "12:00"))
        await past.answers(anna.id, 5, past.at(8, "00:02"))
        await past.close(anna.id)
        return anna, (await anna.ok("GET", "/me/weeks"))["items"][0]

    async def tasks(self, person: Person, path: str, limit: int = 200) -> list[dict[str, Any]]:
        found, more = [], ""
        while True:
            page = await person.ok("GET", f"{path}?limit={limit}{more}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            more = f"&cursor={page['next_cursor']}"

    def sums(self, tasks: list[dict[str, Any]]) -> dict[str, int]:
        states = Counter(one["state"] for one in tasks)
        return {name: states[name] for name in ("accepted", "awaiting", "rejected")} | {
            "done": sum(one["counts"] for one in tasks), "handed_out": sum(one["handed_out"] for one in tasks),
        }  # fmt: skip

    async def test_they_sum_to_the_results_figures_page_by_page(self, past: Past) -> None:
        anna, week = await self.week(past)
        path = f"/me/weeks/{week['id']}/tasks"
        tasks = await self.tasks(anna, path, limit=7)
        assert tasks == await self.tasks(anna, path)
        assert self.sums(tasks) == {name: week[name] for name in ("accepted", "awaiting", "rejected", "done", "handed_out")}
        assert Counter(one["state"] for one in tasks) == {
            "accepted": 13, "awaiting": 3, "rejected": 2, "expired": 1, "skipped": 2, "released": 3, "escalated": 4, "in_hand": 1,
        }  # fmt: skip
        assert [bool(one["why"]) for one in tasks] == [not one["counts"] for one in tasks]
        assert {(one["project"], one["step"]) for one in tasks} == {("orders", "Choose the topic")}
        assert await self.tasks(past.world.curator, f"/weeks/{week['id']}/tasks") == tasks

    async def test_they_stay_as_they_were_whatever_comes_later(self, past: Past) -> None:
        anna, week = await self.week(past)
        path = f"/me/weeks/{week['id']}/tasks"
        before = await self.tasks(anna, path)
        then = past.clock - 10 * MINUTE
        await past.owner.execute(
            "UPDATE assignment SET state = 'accepted', decided_at = $1, revision = 1 WHERE state = 'submitted'", then
        )
        await past.overturn(self.rejected[0], then)
        assert await self.tasks(anna, path) == before
        await past.later()
        (week, *_) = (await anna.ok("GET", "/me/weeks"))["items"]
        after = await self.tasks(anna, path)
        assert (week["revision"], week["accepted"], week["done"]) == (2, 17, 17)
        assert self.sums(after) == {name: week[name] for name in ("accepted", "awaiting", "rejected", "done", "handed_out")}

    async def test_golden_ones_look_like_any_other(self, past: Past) -> None:
        anna, week = await self.week(past)
        await past.owner.execute(
            """INSERT INTO task (id, project_id, step_id, input, overlap, lane, deadline_at, ticket_id)
               SELECT task_id, project_id, step_id, '{}', 1, 2, deadline_at, NULL FROM assignment WHERE id = $1""",
            self.accepted[0],
        )
        tasks = {one["id"]: one for one in await self.tasks(anna, f"/me/weeks/{week['id']}/tasks")}
        golden, ordinary = tasks[str(self.accepted[0])], tasks[str(self.accepted[1])]
        own = ("id", "claimed_at", "ended_at")
        assert {k: v for k, v in golden.items() if k not in own} == {k: v for k, v in ordinary.items() if k not in own}

    async def test_anothers_week_or_none_is_not_found(self, past: Past) -> None:
        _, week = await self.week(past)
        boris = await past.world.worker("boris")
        for path in (f"/me/weeks/{week['id']}/tasks", f"/me/weeks/{boris.id}/tasks"):
            assert (await boris.call("GET", path)).status_code == 404
        assert (await boris.call("GET", f"/weeks/{week['id']}/tasks")).status_code == 403
        assert (await past.world.curator.call("GET", f"/weeks/{boris.id}/tasks")).status_code == 404


class TestVerify:
    """`piecework verify` reckons again."""

    async def test_a_result_that_its_facts_do_not_come_to_is_found(self, past: Past) -> None:
        anna = await past.person(100, since=past.monday)
        await past.answers(anna, 40, past.at(2))
        await past.gap(anna, past.at(3, "10:00"), past.at(3, "10:30"))
        await past.close(anna)
        await past.verify()
        for change in ("gaps = gaps + 1, effective = effective - 1", "lines = '[]'", "handed_out = 41"):
            await past.owner.execute("ALTER TABLE week_result DISABLE TRIGGER append_only")
            await past.owner.execute("CREATE TABLE kept AS SELECT * FROM week_result")
            await past.owner.execute(f"UPDATE week_result SET {change}")
            assert await self.broken() == ["tasks.results_are_as_reckoned"]
            await past.owner.execute("DELETE FROM week_result")
            await past.owner.execute("INSERT INTO week_result SELECT * FROM kept")
            await past.owner.execute("DROP TABLE kept")
        await past.verify()

    async def test_so_are_rows_that_do_not_come_to_its_facts(self, past: Past) -> None:
        anna = await past.person(100, since=past.monday)
        await past.answers(anna, 40, past.at(2))
        await past.gap(anna, past.at(3, "10:00"), past.at(3, "10:30"))
        await past.close(anna)
        await past.owner.execute("UPDATE gap SET ended_at = ended_at + interval '1 minute'")
        assert await self.broken() == ["tasks.results_are_as_reckoned"]

    async def broken(self) -> list[str]:
        return [found.name for found in [await check(one) for one in INVARIANTS] if not found.ok]


class TestRetention:
    async def test_samples_of_the_supply_are_kept_for_120_days(self, past: Past) -> None:
        now = await db.scalar("SELECT date_trunc('minute', clock_timestamp())")
        for days in (1, 119, 121, 400):
            await past.open_then(now - days * DAY, 5)
        await past.world.drain_recurring("tasks.forget_supply")
        assert [(now - row["minute"]).days for row in await db.rows("SELECT minute FROM supply ORDER BY minute DESC")] == [1, 119]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute("DELETE FROM supply")
