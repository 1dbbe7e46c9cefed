"""The stages: moved by what the other parts tell, however often, late or early that comes."""

import uuid

from piecework.platform import db
from piecework.quality.admissions import candidacies, facts, moves
from piecework.quality.admissions.facts import Fact
from tests import races
from tests.quality.admissions.way_world import (
    WHY,
    accepted,
    answers,
    applicant,
    asked,
    booked,
    candidacy_of,
    exam,
    mine,
    notices_of,
    open_way,
    scores,
    stages,
    told,
)
from tests.world import Person, World

EXAMS = {"stages": stages("application", "language_exam", "live"), "language_exam": "russian"}
ALL = {
    "stages": stages("application", "language_exam", "interview", "contract", "training", "direction_exam", "trial", "live"),
    "language_exam": "russian",
    "course": "basics",
    "direction_exam": "orders-exam",
    "trial": "basics",
}
SPEC = """
INSERT INTO exam (code, version, spec, author, published_by, published_at)
VALUES ('russian', 1, $1::jsonb, $2, $3, clock_timestamp())"""


async def published_exam(world: World, tries: int) -> None:
    """An exam as its own part publishes it."""
    spec = (
        '{"title": {"ru": "Русский", "en": "Russian"}, "kind": "general", "time_limit_min": 30, "retake_after_h": 0, "valid_days": 365,'
        '"sections": [{"key": "style", "title": {"ru": "Стиль", "en": "Style"}, "pool": "style", "draw": 1}],'
        f'"passing": {{"by": "share", "threshold": 0.7}}, "tries": {{"most": {tries}, "days": 90}}, "qualification": "russian"}}'
    )
    await db.execute(SPEC, spec, world.curator.id, world.administrator.id)


async def states(person: Person) -> tuple[str, str]:
    got = await mine(person)
    return got["stage"], got["state"]


class TestWholeWay:
    async def test_from_an_application_to_live_tickets(self, world: World) -> None:
        await open_way(world, **ALL)
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        await exam(world, anna, "russian", passed=True)
        assert await states(anna) == ("interview", "open")
        await booked(world, anna, candidacy)
        for reviewer in (world.curator, await world.person("second", *await _curator())):
            await reviewer.ok("POST", f"/interview-reviews/{await asked(world, candidacy, reviewer)}/scores", scores(4))
        await world.curator.ok("POST", f"/candidacies/{candidacy}/interview-decision", {"decision": "accept", "reason": WHY})
        assert await states(anna) == ("contract", "open")
        await told(world, "contract.accepted", str(uuid.uuid4()), freelancer_id=anna.id, offer_id=uuid.uuid4())
        assert await states(anna) == ("training", "open")
        await told(world, "training.finished", "basics:anna", freelancer_id=anna.id, course_code="basics")
        assert await states(anna) == ("direction_exam", "open")
        await exam(world, anna, "orders-exam", passed=True)
        assert await states(anna) == ("trial", "open")
        await told(world, "trial.finished", "basics:anna", freelancer_id=anna.id, course_code="basics")
        assert await states(anna) == ("live", "open")
        await told(world, "admission.decided", str(uuid.uuid4()), freelancer_id=anna.id, code="orders", outcome="granted")
        got = await mine(anna)
        assert (got["state"], {one["state"] for one in got["stages"]}) == ("admitted", {"passed"})
        assert [one["stage"] for one in got["history"] if one["outcome"] == "passed"] == [one["stage"] for one in ALL["stages"]]
        assert (await notices_of(anna))[-1] == "candidacy.admitted"
        await world.verify()

    async def test_an_offer_makes_it_their_turn_at_once(self, world: World) -> None:
        await open_way(world, stages=stages("application", "contract", "live"))
        anna = await applicant(world)
        await accepted(world, anna)
        assert (await mine(anna))["whose_turn"] == "ours"
        await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", {"rate": "by the ticket", "regime": "none"})
        await world.drain()
        assert (await mine(anna))["whose_turn"] == "yours"

    async def test_which_stages_there_are_is_the_directions(self, world: World) -> None:
        await open_way(world, stages=stages("application", "contract", "live"))
        anna = await applicant(world)
        await accepted(world, anna)
        assert await states(anna) == ("contract", "open")


async def _curator() -> tuple[str]:
    from piecework.platform.identity.models import Role

    return (Role.CURATOR,)


class TestTwiceLateEarly:
    async def test_an_event_told_twice_moves_once(self, world: World) -> None:
        await open_way(
            world,
            **ALL | {"stages": stages("application", "language_exam", "direction_exam", "live"), "direction_exam": "russian"},
        )
        anna = await applicant(world)
        await accepted(world, anna)
        attempt = await exam(world, anna, "russian", passed=False)
        await exam(world, anna, "russian", passed=False, attempt=attempt)
        got = await mine(anna)
        assert [one["outcome"] for one in got["history"]] == ["entered", "passed", "entered", "failed"]
        assert await db.scalar("SELECT count(*) FROM milestone") == 1

    async def test_what_comes_before_its_stage_counts_when_the_stage_comes(self, world: World) -> None:
        await open_way(world, **EXAMS)
        anna = await applicant(world)
        await exam(world, anna, "russian", passed=True)
        assert await states(anna) == ("application", "open")
        await accepted(world, anna)
        assert await states(anna) == ("live", "open")

    async def test_events_in_any_order_lead_to_the_same_stage(self, world: World) -> None:
        way = {
            "stages": stages("application", "language_exam", "training", "direction_exam", "live"),
            "language_exam": "russian",
            "course": "basics",
            "direction_exam": "orders-exam",
        }
        await open_way(world, **way)
        for name, order in (("anna", (0, 1, 2)), ("boris", (2, 1, 0)), ("clara", (1, 2, 0))):
            person = await applicant(world, name)
            await accepted(world, person)
            for which in order:
                if which == 1:
                    await told(world, "training.finished", f"basics:{name}", freelancer_id=person.id, course_code="basics")
                else:
                    await exam(world, person, ("russian", "", "orders-exam")[which], passed=True)
            assert await states(person) == ("live", "open")

    async def test_a_contract_in_force_passes_its_stage(self, world: World) -> None:
        await open_way(world, stages=stages("application", "contract", "live"))
        boris = await world.worker("boris")
        await boris.ok("POST", "/me/applications", {"direction": "orders", "answers": answers()})
        await accepted(world, boris)
        assert await states(boris) == ("live", "open")

    async def test_another_exam_or_course_changes_nothing(self, world: World) -> None:
        await open_way(world, **EXAMS)
        anna = await applicant(world)
        await accepted(world, anna)
        await exam(world, anna, "music-exam", passed=True)
        await told(world, "training.finished", "x", freelancer_id=anna.id, course_code="basics")
        assert await states(anna) == ("language_exam", "open")

    async def test_after_the_end_a_fact_is_kept_and_counts_for_the_next_application(self, world: World) -> None:
        await open_way(world, **EXAMS)
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        await anna.ok("POST", f"/me/applications/{candidacy}/withdrawal", {"reason": "I am on the road."})
        await exam(world, anna, "russian", passed=True)
        assert await states(anna) == ("language_exam", "withdrawn")
        await anna.ok("POST", "/me/applications", {"direction": "orders", "answers": answers()})
        await accepted(world, anna)
        assert await states(anna) == ("live", "open")

    async def test_a_fact_told_while_the_stage_is_entered_is_not_lost(self, world: World) -> None:
        """The one that comes second waits for the first, and sees it."""
        await open_way(world, **EXAMS)
        anna = await applicant(world)
        candidacy = uuid.UUID(await candidacy_of(anna))

        async def enter() -> None:
            async with db.transaction():
                held = await candidacies.hold(candidacy)
                await races.stop()
                await candidacies.advance(held, "Accepted.")

        fact = Fact(facts.EXAM, "a:1", anna.id, "russian", passed=True)
        assert await world.overtake([enter()], [races.in_transaction(lambda: moves.take(fact))]) == [None, None]
        assert await states(anna) == ("live", "open")


class TestExams:
    async def test_a_failed_exam_with_attempts_left_keeps_the_stage(self, world: World) -> None:
        await open_way(world, **EXAMS)
        await published_exam(world, tries=2)
        anna = await applicant(world)
        await accepted(world, anna)
        due = (await mine(anna))["due_at"]
        await exam(world, anna, "russian", passed=False)
        got = await mine(anna)
        assert (got["stage"], got["state"], got["due_at"]) == ("language_exam", "open", due)
        assert "attempt 1 of 2" in got["history"][-1]["reason"]

    async def test_without_attempts_left_it_is_refused_with_reasons(self, world: World) -> None:
        await open_way(world, **EXAMS)
        await published_exam(world, tries=2)
        anna = await applicant(world)
        await accepted(world, anna)
        for _ in range(2):
            await exam(world, anna, "russian", passed=False)
        got = await mine(anna)
        assert (got["state"], got["history"][-1]["outcome"]) == ("refused", "refused")
        assert got["history"][-1]["reason"] == "The exam was not passed in the number of attempts there are (2)."
        assert got["history"][-1]["appeal_by"] is not None
        await world.verify()

    async def test_a_result_revised_after_the_refusal_reopens_the_way(self, world: World) -> None:
        await open_way(world, **EXAMS)
        await published_exam(world, tries=1)
        anna = await applicant(world)
        await accepted(world, anna)
        attempt = await exam(world, anna, "russian", passed=False)
        assert await states(anna) == ("language_exam", "refused")
        await exam(world, anna, "russian", passed=True, attempt=attempt, revision=2)
        assert await states(anna) == ("live", "open")
        assert [one["outcome"] for one in (await mine(anna))["history"]][-4:] == ["refused", "reopened", "passed", "entered"]
        await world.verify()

    async def test_another_attempt_after_the_refusal_does_not(self, world: World) -> None:
        await open_way(world, **EXAMS)
        await published_exam(world, tries=1)
        anna = await applicant(world)
        await accepted(world, anna)
        await exam(world, anna, "russian", passed=False)
        await exam(world, anna, "russian", passed=True)
        assert await states(anna) == ("language_exam", "refused")

    async def test_an_old_pass_does_not_count_any_more(self, world: World) -> None:
        await open_way(world, **EXAMS)
        await published_exam(world, tries=3)
        anna = await applicant(world)
        await db.execute(
            """INSERT INTO milestone (kind, source, freelancer_id, code, passed, at)
               VALUES ('exam', 'old:1', $1, 'russian', true, clock_timestamp() - interval '366 days')""",
            anna.id,
        )
        await accepted(world, anna)
        assert await states(anna) == ("language_exam", "open")


class TestAdmission:
    async def test_refused_at_the_last_stage_and_overruled(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        await accepted(world, anna)
        await told(world, "admission.decided", "1", freelancer_id=anna.id, code="orders", outcome="refused")
        got = await mine(anna)
        assert (got["state"], got["history"][-1]["appeal_by"]) == ("refused", None)  # the decision itself is appealed
        await told(world, "admission.decided", "2", freelancer_id=anna.id, code="orders", outcome="granted")
        assert await states(anna) == ("live", "admitted")
        await world.verify()

    async def test_granted_at_an_earlier_stage_ends_the_way(self, world: World) -> None:
        await open_way(world, **EXAMS)
        anna = await applicant(world)
        await accepted(world, anna)
        await told(world, "admission.decided", "1", freelancer_id=anna.id, code="orders", outcome="granted")
        assert await states(anna) == ("language_exam", "admitted")

    async def test_of_another_qualification_it_is_none_of_its_business(self, world: World) -> None:
        await open_way(world, qualification="orders-senior")
        anna = await applicant(world)
        await accepted(world, anna)
        await told(world, "admission.decided", "1", freelancer_id=anna.id, code="orders", outcome="granted")
        assert await states(anna) == ("live", "open")
