"""Structured interviews: appointments, blind reviews, the third reviewer, the decision by the rule."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.quality.admissions.way_world import (
    WHY,
    accepted,
    applicant,
    asked,
    booked,
    mine,
    notices_of,
    open_way,
    scores,
    stages,
)
from tests.traceless import nothing_changes
from tests.world import Person, World

WAY = {"stages": stages("application", "interview", "live")}


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def at_interview(world: World) -> tuple[Person, str]:
    await open_way(world, **WAY)
    anna = await applicant(world)
    return anna, await accepted(world, anna)


async def propose(world: World, candidacy: str, *hours: float) -> Any:
    return await world.curator.call("POST", f"/candidacies/{candidacy}/interview-slots", {"starts": [at(one) for one in hours]})


async def shown(world: World, candidacy: str) -> Any:
    return (await world.curator.ok("GET", f"/candidacies/{candidacy}"))["interviews"][-1]


async def decide(who: Person, candidacy: str, decision: str, reason: str = WHY) -> Any:
    return await who.call("POST", f"/candidacies/{candidacy}/interview-decision", {"decision": decision, "reason": reason})


async def reviewed(world: World, candidacy: str, *given: dict[str, Any]) -> list[Person]:
    """As many curators as there are reviews hand them in."""
    people = []
    for i, body in enumerate(given):
        person = world.people.get(f"reviewer{i}") or await world.person(f"reviewer{i}", Role.CURATOR)
        await person.ok("POST", f"/interview-reviews/{await asked(world, candidacy, person)}/scores", body)
        people.append(person)
    return people


class TestAppointment:
    async def test_the_candidate_chooses_one_of_the_proposed_times(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        assert (await mine(anna))["whose_turn"] == "ours"
        await propose(world, candidacy, 24, 48)
        got = await mine(anna)
        assert (got["whose_turn"], len(got["slots"])) == ("yours", 2)
        chosen = await anna.ok("POST", f"/me/applications/{candidacy}/interview-slot", {"slot_id": got["slots"][1]["id"]})
        assert (chosen["whose_turn"], [one["chosen"] for one in chosen["slots"]]) == ("ours", [False, True])
        due = datetime.fromisoformat(chosen["due_at"]) - datetime.fromisoformat(chosen["slots"][1]["starts_at"])
        assert due == timedelta(days=14)  # ours counts from the interview on
        assert "interview.chosen" in await notices_of(world.curator)

    async def test_none_suits_and_others_are_proposed(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await propose(world, candidacy, 24)
        got = await anna.ok("POST", f"/me/applications/{candidacy}/other-slots", {"reason": "I work until six."})
        assert got["whose_turn"] == "ours"
        assert "interview.none_suits" in await notices_of(world.curator)
        await propose(world, candidacy, 30)
        assert (await mine(anna))["whose_turn"] == "yours"

    async def test_times_that_have_passed_are_neither_proposed_nor_chosen(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        assert (await propose(world, candidacy, 5, -1)).json()["errors"][0]["code"] == "in_the_past"
        assert (await mine(anna))["slots"] == []
        await booked(world, anna, candidacy)
        (slot,) = (await mine(anna))["slots"]
        reply = await anna.call("POST", f"/me/applications/{candidacy}/interview-slot", {"slot_id": slot["id"]})
        assert reply.json()["code"] == "slot_over"

    async def test_a_time_of_somebody_elses_is_not_found(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        boris = await applicant(world, "boris")
        other = await accepted(world, boris)
        await propose(world, other, 24)
        await propose(world, candidacy, 24)
        (theirs,) = (await mine(boris))["slots"]
        reply = await anna.call("POST", f"/me/applications/{candidacy}/interview-slot", {"slot_id": theirs["id"]})
        assert reply.status_code == 404

    async def test_at_another_stage_there_is_no_interview(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        candidacy = (await mine(anna))["id"]
        assert (await propose(world, candidacy, 24)).json()["code"] == "other_stage"


class TestReviews:
    async def test_nobody_sees_scores_before_both_are_in(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        first, second = await world.person("first", Role.CURATOR), await world.person("second", Role.CURATOR)
        ids = [await asked(world, candidacy, one) for one in (first, second)]
        await first.ok("POST", f"/interview-reviews/{ids[0]}/scores", scores(4) | {"comment": "calm and clear"})
        for person in (first, second, world.curator, world.administrator):
            interview = (await person.ok("GET", f"/candidacies/{candidacy}"))["interviews"][0]
            assert [(one["scores"], one["comment"]) for one in interview["reviews"]] == [(None, ""), (None, "")]
            assert interview["result"] is None
        assert (await second.call("GET", f"/interview-reviews/{ids[0]}")).status_code == 404
        await second.ok("POST", f"/interview-reviews/{ids[1]}/scores", scores(5))
        interview = await shown(world, candidacy)
        assert [one["scores"]["alone"]["score"] for one in interview["reviews"]] == [4, 5]
        assert interview["result"]["groups"][0] == {"group": "service", "by_reviewer": [4, 5], "mean": 4.5, "reached": True}
        assert interview["result"]["differences"]["alone"] == 1

    async def test_a_reviewer_sees_the_guide_and_the_application(self, world: World) -> None:
        _, candidacy = await at_interview(world)
        review = await world.curator.ok("GET", f"/interview-reviews/{await asked(world, candidacy, world.curator)}")
        assert sum(len(group["questions"]) for group in review["guide"]["groups"]) == 23
        assert len(review["answers"]) == 15
        (listed,) = (await world.curator.ok("GET", "/me/interview-reviews"))["items"]
        assert listed["id"] == review["id"]

    async def test_it_is_scored_after_it_was_held(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        review = await asked(world, candidacy, world.curator)
        assert (await world.curator.call("POST", f"/interview-reviews/{review}/scores", scores())).json()[
            "code"
        ] == "interview_not_held"
        await propose(world, candidacy, 24)
        (slot,) = (await mine(anna))["slots"]
        await anna.ok("POST", f"/me/applications/{candidacy}/interview-slot", {"slot_id": slot["id"]})
        assert (await world.curator.call("POST", f"/interview-reviews/{review}/scores", scores())).json()[
            "code"
        ] == "interview_not_held"

    async def test_exactly_the_questions_of_the_guide_are_scored(self, world: World, subtests: pytest.Subtests) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        review = await asked(world, candidacy, world.curator)
        async with nothing_changes():
            for change in [
                lambda given: given[1:],
                lambda given: [*given, given[0]],
                lambda given: [*given[1:], {"question": "weather", "score": 3, "note": ""}],
            ]:
                with subtests.test(change=change):
                    reply = await world.curator.call(
                        "POST", f"/interview-reviews/{review}/scores", {"scores": change(scores()["scores"])}
                    )
                    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
                    assert await db.scalar("SELECT count(*) FROM interview_review WHERE submitted_at IS NOT NULL") == 0

    async def test_who_knows_the_candidate_declines_and_another_is_asked(self, world: World) -> None:
        _, candidacy = await at_interview(world)
        friend, other = await world.person("friend", Role.CURATOR), await world.person("other", Role.CURATOR)
        review = await asked(world, candidacy, friend)
        await asked(world, candidacy, world.curator)
        full = await world.curator.call("POST", f"/candidacies/{candidacy}/reviewers", {"reviewer_id": str(other.id)})
        assert full.json()["code"] == "seats_taken"
        await friend.ok("POST", f"/interview-reviews/{review}/decline", {"reason": "Anna and I studied together."})
        assert "interview.declined" in await notices_of(world.curator)
        again = await world.curator.call("POST", f"/candidacies/{candidacy}/reviewers", {"reviewer_id": str(friend.id)})
        assert again.json()["code"] == "reviewer_asked"
        await asked(world, candidacy, other)
        assert (await friend.call("POST", f"/interview-reviews/{review}/scores", scores())).json()["code"] == "review_ended"

    async def test_only_curators_review_and_never_their_own_interview(self, world: World) -> None:
        await open_way(world, **WAY)
        await db.execute("UPDATE account SET roles = roles || 'freelancer'::text WHERE id = $1", world.curator.id)
        made = await world.curator.ok("POST", "/me/applications", {"direction": "orders", "answers": (await _answers())})
        other = await world.person("other", Role.CURATOR)
        await other.ok("POST", f"/candidacies/{made['id']}/screening", {"decision": "accept", "reason": WHY})
        for person in (world.curator, world.finance):
            reply = await other.call("POST", f"/candidacies/{made['id']}/reviewers", {"reviewer_id": str(person.id)})
            assert reply.json()["code"] == "not_a_reviewer"
        assert (await decide(world.curator, made["id"], "accept")).json()["code"] == "not_impartial"

    async def test_reviews_handed_in_at_once_are_both_counted(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        people = [await world.person(f"r{i}", Role.CURATOR) for i in range(2)]
        ids = [await asked(world, candidacy, one) for one in people]
        await asyncio.gather(
            *(one.ok("POST", f"/interview-reviews/{review}/scores", scores(4)) for one, review in zip(people, ids, strict=True))
        )
        assert (await shown(world, candidacy))["scored_at"] is not None

    async def test_seats_asked_for_at_once_are_two(self, world: World) -> None:
        _, candidacy = await at_interview(world)
        people = [await world.person(f"r{i}", Role.CURATOR) for i in range(4)]
        replies = await asyncio.gather(
            *(world.curator.call("POST", f"/candidacies/{candidacy}/reviewers", {"reviewer_id": str(one.id)}) for one in people)
        )
        assert sorted(one.status_code for one in replies) == [201, 201, 409, 409]

    async def test_far_apart_in_a_group_needs_a_third_and_stays_hidden(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        await reviewed(world, candidacy, scores(4), scores(4, work=2))
        interview = await shown(world, candidacy)
        assert (interview["reviews_wanted"], interview["scored_at"], interview["result"]) == (3, None, None)
        assert {one["comment"] for one in interview["reviews"]} == {""}
        assert "interview.third" in await notices_of(world.curator)
        assert (await decide(world.curator, candidacy, "accept")).json()["code"] == "interview_not_scored"
        third = await world.person("third", Role.CURATOR)
        await third.ok("POST", f"/interview-reviews/{await asked(world, candidacy, third)}/scores", scores(3))
        interview = await shown(world, candidacy)
        work = next(one for one in interview["result"]["groups"] if one["group"] == "work")
        assert (work["by_reviewer"], work["mean"]) == ([4, 2, 3], 3)


async def _answers() -> Any:
    from tests.quality.admissions.way_world import answers

    return answers()


class TestDecision:
    async def test_by_the_rule_one_curator_is_enough(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        await reviewed(world, candidacy, scores(4), scores(5))
        assert (await decide(world.curator, candidacy, "accept")).status_code == 200
        got = await mine(anna)
        assert got["stage"] == "live"
        passed = got["history"][-2]
        assert "4.50 on average, with 3.5 needed" in passed["reason"]
        assert [one["mean"] for one in passed["detail"]["groups"]] == [4.5] * 5
        await world.verify()

    async def test_a_refusal_tells_the_groups_and_no_names(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        people = await reviewed(world, candidacy, scores(4, work=2), scores(4, work=2))
        await decide(world.curator, candidacy, "refuse", "The norm was of no interest to the candidate.")
        refused = (await mine(anna))["history"][-1]
        assert "Below 2.5: Attitude to work 2.00." in refused["reason"]
        assert [one["group"] for one in refused["detail"]["groups"] if not one["reached"]] == ["work"]
        text = str(await mine(anna))
        assert not any(f"reviewer{i}" in text or str(one.id) in text for i, one in enumerate(people))
        hands = await db.scalar("SELECT involved FROM appealable WHERE subject = 'candidacy'")
        assert set(hands) == {world.curator.id, *(one.id for one in people)}

    @pytest.mark.parametrize(("value", "decision"), [(2, "accept"), (5, "refuse")])
    async def test_against_the_rule_needs_a_second_curator(self, world: World, value: int, decision: str) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        await reviewed(world, candidacy, scores(value), scores(value))
        first = (await decide(world.curator, candidacy, decision, "The connection broke all the time.")).json()
        assert (first["stage"], first["interviews"][0]["proposed"]) == ("interview", decision)
        assert (await decide(world.curator, candidacy, decision)).json()["code"] == "second_curator_needed"
        assert (await mine(anna))["history"][-1]["outcome"] == "waits"
        second = await world.person("second", Role.CURATOR)
        assert (await decide(second, candidacy, decision, "I heard the recording and agree.")).status_code == 200
        got = await mine(anna)
        assert (got["stage"], got["state"]) == (("live", "open") if decision == "accept" else ("interview", "refused"))
        reason = next(one["reason"] for one in reversed(got["history"]) if one["outcome"] in ("passed", "refused"))
        assert "connection broke" in reason
        assert "recording" in reason
        await world.verify()

    async def test_a_proposal_against_the_rule_is_overtaken_by_a_decision_by_it(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        await reviewed(world, candidacy, scores(5), scores(5))
        await decide(world.curator, candidacy, "refuse")
        await decide(world.curator, candidacy, "accept")
        assert (await mine(anna))["stage"] == "live"

    async def test_it_is_decided_once(self, world: World) -> None:
        anna, candidacy = await at_interview(world)
        await booked(world, anna, candidacy)
        await reviewed(world, candidacy, scores(4), scores(5))
        replies = await asyncio.gather(*(decide(world.curator, candidacy, "accept") for _ in range(3)))
        assert sorted(one.status_code for one in replies) == [200, 409, 409]
