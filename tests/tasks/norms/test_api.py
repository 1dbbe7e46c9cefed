"""Norms through the API: one's week, one's results, the policy, how fairly work is spread."""

from datetime import timedelta

import pytest

from piecework.platform import db
from piecework.tasks.norms.policy import NormPolicy
from piecework.tasks.norms.supply import gini, spread
from tests.tasks.norms.past import DAY, MINUTE, Past


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

    @pytest.mark.parametrize("changes", [{"gap_daily_hours": 25}, {"second_chance": -1}, {"propose_after": 0}, {"else": 1}])
    async def test_what_cannot_be_is_refused(self, past: Past, changes: dict[str, int]) -> None:
        body = {"policy": NormPolicy().model_dump() | changes, "reason": "a mistake"}
        assert (await past.world.curator.call("PUT", "/norm-policy", body)).status_code == 422
        assert await db.scalar("SELECT count(*) FROM norm_policy") == 0


class TestOutages:
    @pytest.mark.parametrize(("starts", "ends"), [(2, 2), (3, 2), (2, 40), (-30, 2)])
    async def test_what_is_not_over_or_no_time_is_refused(self, past: Past, starts: int, ends: int) -> None:
        body = {"starts_at": past.at(starts).isoformat(), "ends_at": past.at(ends).isoformat(), "reason": "seen by nobody"}
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
