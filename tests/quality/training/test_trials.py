"""Trials: passed by the published numbers, not passed once these cannot be reached, never with tasks that somebody has met."""

from collections.abc import Callable
from pathlib import Path
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
from tests.quality.exams.test_scoring import binomial_tail
from tests.quality.training.course_world import A, B, begin, mine, on, publish, refused, tasks, trial
from tests.world import World

SHARE = Passing(by="share", threshold=0.75)
BOUND = Passing(by="lower_bound", threshold=0.63)


def rule(draw: int, passing: Passing) -> Trial:
    return Trial.model_validate(trial(max(draw, 40), draw) | {"passing": passing})


def reached(most: int, right_share: float, decided: Callable[[int, int], bool | None]) -> float:
    """The probability that somebody is passed who is right with this probability, one answer after the other up to the `most`-th.

    `decided` says by how many are right of how many answered: passed, not passed, or (None) not decided.
    """
    under_way, passed = {0: 1.0}, 0.0
    for answered in range(1, most + 1):
        after: dict[int, float] = {}
        for right, weight in under_way.items():
            after[right + 1] = after.get(right + 1, 0.0) + weight * right_share
            after[right] = after.get(right, 0.0) + weight * (1 - right_share)
        passed += sum(weight for right, weight in after.items() if decided(right, answered))
        under_way = {right: weight for right, weight in after.items() if decided(right, answered) is None}
    return passed


def chance(made: Trial, right_share: float) -> float:
    """The same for a trial."""

    def decided(right: int, answered: int) -> bool | None:
        return True if passes(made, right, answered) else None if can_pass(made, right, answered) else False

    return reached(made.draw, right_share, decided)


class TestTheRule:
    @pytest.mark.parametrize(
        ("made", "right", "answered", "passed"),
        [
            (rule(4, SHARE), 3, 3, False),  # too few
            (rule(4, SHARE), 3, 4, True),
            (rule(5, SHARE), 3, 5, False),
            (rule(5, SHARE), 4, 4, False),  # the fifth is not answered yet
            (rule(10, BOUND), 9, 10, True),  # Beta(10, 2): from 0.636
            (rule(10, BOUND), 8, 10, False),  # Beta(9, 3): from 0.530
        ],
    )
    def test_worked_examples(self, made: Trial, right: int, answered: int, passed: bool) -> None:
        assert passes(made, right, answered) is passed

    @given(st.integers(0, 12), st.lists(st.booleans(), max_size=12), st.sampled_from([SHARE, BOUND]))
    def test_who_is_told_that_it_cannot_be_passed_could_not(self, right: int, rest: list[bool], passing: Passing) -> None:
        made = rule(2 * right + len(rest) or 1, passing)
        if not can_pass(made, right, 2 * right):
            assert not passes(made, right + sum(rest), 2 * right + len(rest))

    @pytest.mark.parametrize("passing", [SHARE, BOUND])
    @pytest.mark.parametrize("right_share", [0.5, 0.7, 0.8, 0.9])
    def test_the_chance_of_passing_is_that_of_one_look_at_the_end(self, passing: Passing, right_share: float) -> None:
        made = rule(20, passing)
        least = next(right for right in range(21) if passes(made, right, 20))
        assert chance(made, right_share) == pytest.approx(binomial_tail(20, least, right_share))

    def test_what_the_guide_for_curators_says_of_twenty_tasks_at_80_percent(self) -> None:
        made = rule(20, Passing(by="share", threshold=0.8))
        told = [round(100 * chance(made, share)) for share in (0.6, 0.7, 0.8, 0.9)]
        assert told == [5, 24, 63, 96]
        guide = (Path(__file__).parents[3] / "docs" / "curators.md").read_text(encoding="utf-8")
        assert "in 5, 24, 63 and 96 of 100 trials" in guide

    def test_looked_at_after_each_answer_more_would_pass(self) -> None:
        made = rule(20, Passing(by="share", threshold=0.8))

        def at_some_moment(first: int) -> float:
            return reached(40, 0.7, lambda right, answered: (answered >= first and 10 * right >= 8 * answered) or None)

        assert [round(found, 2) for found in (chance(made, 0.7), at_some_moment(20), at_some_moment(5))] == [0.24, 0.3, 0.63]


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
        assert notice["body"] == "Right at the first try: 3 of 4.\nThe rule: of 4 tasks, 75% right at the first try."
        result = (await results.of(world.freelancer.id))["orders"]
        assert (result.trial_right, result.trial_answered, result.tried_at is not None) == (3, 4, True)
        await world.drain()
        rows = await db.rows("SELECT kind, code FROM milestone ORDER BY kind")
        assert rows == [("training", "orders"), ("trial", "orders")]
        await world.verify()

    async def test_it_ends_when_the_numbers_cannot_be_reached_and_begins_again_with_new_tasks(self, world: World) -> None:
        await publish(world, tasks(1), trial(5, 4))
        await begin(world.freelancer)
        ended = await on(world.freelancer, A, B, B)  # 2 of 4 at best
        assert (ended["progress"]["ending"], ended["progress"]["next"]) == ("not_passed", None)
        assert await refused(world.freelancer) == (409, "trial_too_early")
        await db.execute("UPDATE enrolment SET ended_at = ended_at - interval '7 days'")
        assert await refused(world.freelancer) == (409, "no_fresh_tasks")
        await publish(world, tasks(1), trial(10, 4))  # the first five are the old ones, two of which were met
        await begin(world.freelancer)
        again = await mine(world.freelancer)
        assert [(one["state"], one["items"]) for one in again["units"]] == [("done", 1), ("open", 4)]
        assert again["trained_at"] is not None
        assert (await on(world.freelancer, A, A, A, A))["progress"]["ending"] == "finished"
        assert await db.scalar("SELECT count(*) FROM measure WHERE source = 'unit:orders/tasks'") == 1
        await world.verify()

    async def test_nobody_passes_by_the_luck_of_a_moment_nor_is_it_evidence_before_it_is_decided(self, world: World) -> None:
        await publish(world, tasks(1), trial(10, 8))
        await begin(world.freelancer)
        assert (await on(world.freelancer, A, *[A] * 6))["progress"]["ending"] is None  # 6 of 6
        asked = kinds.TrialRight(kind="trial", course="orders", tasks=5, at_least=0.75, by="share")
        person = evidence.Person(world.freelancer.id, "orders")
        found = await evidence.look(person, asked)
        assert (found.met, found.figures["answered"]) == (False, 0)
        assert (await on(world.freelancer, B, B))["progress"]["ending"] == "finished"  # 6 of 8
        assert (await evidence.look(person, asked)).met
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
