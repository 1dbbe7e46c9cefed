"""Which questions an attempt gets."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.exams.definition import Bilingual, Section
from piecework.quality.exams.drawing import Candidate, draw
from piecework.quality.exams.errors import PoolTooSmall
from piecework.quality.golden.golden import Difficulty

LEVELS = [Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD]


def section(key: str, count: int, difficulty: dict[Difficulty, int] | None = None) -> Section:
    return Section(key=key, title=Bilingual(ru=key, en=key), pool="pool", draw=count, difficulty=difficulty)


def pool(count: int, had: int = 0) -> list[Candidate]:
    return [Candidate(UUID(int=n), str(LEVELS[n % 3]), int(n < had)) for n in range(count)]


@given(st.integers(0, 2**63 - 1), st.integers(0, 12))
def test_the_same_seed_draws_the_same_and_what_the_person_had_comes_last(seed: int, had: int) -> None:
    asked = [section("one", 4), section("other", 4)]
    drawn = draw(asked, {"pool": pool(12, had)}, seed)
    assert drawn == draw(asked, {"pool": pool(12, had)}, seed)
    assert [one.section for one in drawn] == ["one"] * 4 + ["other"] * 4
    assert len({one.id for one in drawn}) == 8
    assert sum(one.id.int < had for one in drawn) == max(0, 8 - (12 - had))


@given(st.integers(0, 2**63 - 1))
def test_sections_with_difficulties_get_theirs_whatever_the_others_draw(seed: int) -> None:
    asked = [section("any", 6), section("levels", 6, {Difficulty.EASY: 4, Difficulty.HARD: 2})]
    drawn = draw(asked, {"pool": pool(12)}, seed)
    levels = Counter(LEVELS[one.id.int % 3] for one in drawn if one.section == "levels")
    assert levels == {Difficulty.EASY: 4, Difficulty.HARD: 2}


def test_every_question_is_as_likely_as_any_other() -> None:
    drawn = Counter(one.id.int for seed in range(3_000) for one in draw([section("one", 3)], {"pool": pool(10)}, seed))
    assert all(abs(drawn[n] - 900) < 150 for n in range(10))  # six standard deviations


def test_a_pool_that_is_too_small_is_refused() -> None:
    with pytest.raises(PoolTooSmall):
        draw([section("one", 4)], {"pool": pool(3)}, 1)
    with pytest.raises(PoolTooSmall):
        draw([section("one", 3, {Difficulty.HARD: 3})], {"pool": pool(6)}, 1)
