"""Trials: passed by the published numbers, not passed once these cannot be reached, never with tasks that somebody has met."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.platform import db
from piecework.quality.admitting import evidence, kinds
from piecework.quality.exams.definition import Passing
from piecework.quality.training import results
from piecework.quality.training.definition import Trial
from piecework.quality.training.judging import can_pass, passes
from tests.quality.training.course_world import A, B, begin, mine, on, publish, refused, tasks, trial
from tests.world import World

SHARE = Passing(by="share", threshold=0.75)
BOUND = Passing(by="lower_bound", threshold=0.63)


class TestTheRule:
    @pytest.mark.parametrize(
        ("rule", "right", "answered", "passed"),
        [
            (SHARE, 3, 3, False),  # too few
            (SHARE, 3, 4, True),
            (SHARE, 3, 5, False),
            (BOUND, 9, 10, True),  # Beta(10, 2): from 0.636
            (BOUND, 8, 10, False),  # Beta(9, 3): from 0.530
        ],
    )
    def test_worked_examples(self, rule: Passing, right: int, answered: int, passed: bool) -> None:
        assert passes(rule, 4, right, answered) is passed

    @given(st.integers(1, 12), st.integers(0, 12), st.lists(st.booleans(), max_size=12), st.sampled_from([SHARE, BOUND]))
    def test_who_is_told_that_it_cannot_be_passed_could_not(
        self, least: int, begun: int, rest: list[bool], rule: Passing
    ) -> None:
        made = Trial.model_validate(trial(40, least) | {"passing": rule})
        right = begun // 2
        if not can_pass(made, right, begun, len(rest)):
            assert not passes(rule, least, right + sum(rest), begun + len(rest))


class TestTheWayThrough:
    async def test_four_tasks_with_three_right_pass_and_each_is_answered_once_with_feedback(self, world: World) -> None:
        await publish(world, tasks(1), trial(5, 4))
        await begin(world.freelancer)
        assert (await on(world.freelancer, A))["progress"]["trained_at"] is not None
        wrong = await on(world.freelancer, B)
        assert (wrong["correct"], wrong["accepted"], wrong["hint"]) == (False, A, None)
        assert wrong["explanation"].startswith("because")
        assert (await on(world.freelancer, A, A))["progress"]["ending"] is None
        assert (await on(world.freelancer, A))["progress"]["ending"] == "finished"
        (notice,) = [one for one in (await world.freelancer.ok("GET", "/me/notices"))["items"] if one["kind"] == "trial.finished"]
        assert notice["body"] == "Right at the first try: 3 of 4. The rule: at least 4 tasks, 75% of them right at the first try."
        result = (await results.of(world.freelancer.id))["orders"]
        assert (result.trial_right, result.trial_answered, result.tried_at is not None) == (3, 4, True)
        await world.drain()
        rows = await db.rows("SELECT kind, code FROM milestone ORDER BY kind")
        assert rows == [("training", "orders"), ("trial", "orders")]
        await world.verify()

    async def test_it_ends_when_the_numbers_cannot_be_reached_and_begins_again_with_new_tasks(self, world: World) -> None:
        await publish(world, tasks(1), trial(5, 4))
        await begin(world.freelancer)
        ended = await on(world.freelancer, A, B, B)  # 3 of 5 at best
        assert (ended["progress"]["ending"], ended["progress"]["next"]) == ("not_passed", None)
        assert await refused(world.freelancer) == (409, "trial_too_early")
        await db.execute("UPDATE enrolment SET ended_at = ended_at - interval '7 days'")
        assert await refused(world.freelancer) == (409, "no_fresh_tasks")
        await publish(world, tasks(1), trial(10, 4))  # the first five are the old ones, two of which were met
        await begin(world.freelancer)
        again = await mine(world.freelancer)
        assert [(one["state"], one["items"]) for one in again["units"]] == [("done", 1), ("open", 8)]
        assert again["trained_at"] is not None
        assert (await on(world.freelancer, A, A, A, A))["progress"]["ending"] == "finished"
        assert await db.scalar("SELECT count(*) FROM measure WHERE source = 'unit:orders/tasks'") == 1
        await world.verify()

    async def test_it_is_evidence_for_admission(self, world: World) -> None:
        await publish(world, tasks(1), trial(5, 4))
        person = evidence.Person(world.freelancer.id, "orders")
        trained = kinds.TrainingFinished(kind="training", course="orders")

        def tried(**fields: Any) -> kinds.TrialRight:
            return kinds.TrialRight(kind="trial", course="orders", **fields)

        assert (await evidence.look(person, trained)).met is False
        await begin(world.freelancer)
        await on(world.freelancer, A, A, A, A, A)
        found = await evidence.look(person, trained)
        assert (found.met, found.figures["first_right"], found.figures["first_tries"]) == (True, 1, 1)
        assert (await evidence.look(person, tried(tasks=4, at_least=1.0, by="share"))).met
        assert not (await evidence.look(person, tried(tasks=5, at_least=0.5, by="share"))).met
        # Beta(5, 1) at 0.95: 0.025 ** (1/5) = 0.478
        low = await evidence.look(person, tried(tasks=4, at_least=0.47))
        assert (low.met, low.figures["lower_bound"]) == (True, 0.4782)
        assert not (await evidence.look(person, tried(tasks=4, at_least=0.48))).met
