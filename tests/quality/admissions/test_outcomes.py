"""The interview's rule, and agreement of its reviewers."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.admissions import documents, outcomes
from piecework.quality.admissions.specs import Guide, InterviewBar
from piecework.quality.statistics import quadratic_kappa

BAR = InterviewBar(overall=3.5, group=2.5)


def guide() -> Guide:
    found = documents.shipped("guide")
    assert isinstance(found, Guide)
    return found


def scored(value: int = 4, **of_group: int) -> dict[str, int]:
    return {one.code: of_group.get(group.code, value) for group in guide().groups for one in group.questions}


class TestRule:
    def test_worked_example(self) -> None:
        """Reviewers give 4 and 5 throughout but 2 and 3 in communication: groups 4.5, 4.5, 4.5, 2.5, 4.5, so 4.1 overall: passed."""
        result = outcomes.result(guide(), BAR, [scored(4, communication=2), scored(5, communication=3)])
        assert [one.mean for one in result.groups] == [4.5, 4.5, 4.5, 2.5, 4.5]
        assert (round(result.overall, 9), result.passed) == (4.1, True)

    def test_one_group_below_its_bar_is_enough_to_fail(self) -> None:
        result = outcomes.result(guide(), BAR, [scored(5, work=2), scored(5, work=2)])
        assert (result.overall, result.passed) == (4.4, False)
        assert [one.code for one in result.groups if not one.reached] == ["work"]

    def test_all_groups_at_their_bar_do_not_make_up_for_the_whole(self) -> None:
        assert not outcomes.result(guide(), BAR, [scored(3), scored(3)]).passed

    def test_a_group_counts_the_same_however_many_questions_it_has(self) -> None:
        many = outcomes.result(guide(), BAR, [scored(3, service=5), scored(3, service=5)])
        few = outcomes.result(guide(), BAR, [scored(3, work=5), scored(3, work=5)])
        assert many.overall == few.overall == pytest.approx(3.4)

    def test_exactly_the_bar_passes_whatever_the_binary_digits(self) -> None:
        bar = InterviewBar(overall=3.4, group=1)
        assert outcomes.result(guide(), bar, [scored(3, service=5), scored(3, service=5)]).passed

    @given(st.data())
    def test_the_order_of_reviewers_plays_no_part_and_a_better_score_never_hurts(self, data: Any) -> None:
        codes = guide().question_codes()
        one, two = (dict.fromkeys(codes, 1) | {code: data.draw(st.integers(1, 5)) for code in codes} for _ in range(2))
        result = outcomes.result(guide(), BAR, [one, two])
        assert outcomes.result(guide(), BAR, [two, one]).passed == result.passed
        better = {code: min(5, value + data.draw(st.integers(0, 1))) for code, value in one.items()}
        assert outcomes.result(guide(), BAR, [better, two]).passed >= result.passed


class TestThird:
    def test_apart_by_two_in_a_groups_mean(self) -> None:
        assert outcomes.apart(guide(), scored(4), scored(4, work=2)) == ["work"]

    def test_apart_by_less_in_every_group_is_not_enough(self) -> None:
        near = scored(4) | {"alone": 1, "norm": 1, "rule_disliked": 4, "learning": 4}  # a mean of 2.5 against 4
        assert outcomes.apart(guide(), scored(4), near) == []


class TestAgreement:
    def test_worked_example(self) -> None:
        """Apart by 1 in one of four: 1/4 is seen; by chance, over the 16 pairs, 2: 1 - 0.25 / 2 = 7/8."""
        x, y = [1, 2, 3, 4], [1, 2, 3, 3]
        chance = sum((a - b) ** 2 for a in x for b in y) / 16
        assert chance == 2
        assert quadratic_kappa(x, y) == pytest.approx(7 / 8)

    def test_it_is_the_definition_by_weights_and_counts(self) -> None:
        """Cohen's formula from the table of counts, with weights (i - j)^2."""
        x, y = [1, 5, 3, 2, 4, 4, 2, 1], [2, 5, 3, 1, 4, 3, 2, 3]
        seen = sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / len(x)
        chance = sum((i - j) ** 2 * x.count(i) * y.count(j) for i in range(1, 6) for j in range(1, 6)) / len(x) ** 2
        assert quadratic_kappa(x, y) == pytest.approx(1 - seen / chance)

    def test_full_agreement_is_one_and_a_single_score_throughout_tells_nothing(self) -> None:
        assert quadratic_kappa([1, 3, 5], [1, 3, 5]) == 1
        assert math.isnan(quadratic_kappa([4, 4], [4, 4]))
        assert outcomes.kappa(guide(), [scored(4), scored(4)]) is None
        assert outcomes.meaning(None).startswith("undefined")

    @pytest.mark.parametrize(
        ("value", "name"),
        [(1.0, "almost full"), (0.7, "substantial"), (0.5, "moderate"), (0.2, "fair"), (0.0, "slight"), (-0.1, "less")],
    )
    def test_it_is_said_in_words(self, value: float, name: str) -> None:
        assert outcomes.meaning(value).startswith(name)

    def test_differences_by_question(self) -> None:
        found = outcomes.differences(guide(), [scored(4), scored(4, work=2), scored(5)])
        assert (found["alone"], found["good_service"]) == (3, 1)

    @given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=30))
    def test_it_is_symmetric_and_at_most_one(self, pairs: list[tuple[int, int]]) -> None:
        x, y = [a for a, _ in pairs], [b for _, b in pairs]
        value = quadratic_kappa(x, y)
        if not math.isnan(value):
            assert value <= 1
            assert value == pytest.approx(quadratic_kappa(y, x))

    @pytest.mark.parametrize(("x", "y"), [([], []), ([1], [1, 2]), ([[1]], [[1]])])
    def test_what_does_not_fit_is_refused(self, x: Any, y: Any) -> None:
        with pytest.raises(ValueError, match="one-dimensional"):
            quadratic_kappa(x, y)
