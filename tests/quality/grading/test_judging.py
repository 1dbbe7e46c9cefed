"""What one answer is worth by a known truth: shares, words and evidence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.grading.judging import by_truth, share_of
from piecework.quality.grading.truths import Known
from piecework.quality.statistics import Evidence
from piecework.tasks.decisions import WHOLE
from piecework.tasks.fields import AnswerField
from piecework.tasks.workflows import StepSpec
from tests.world import choice_step

OK = {"name": "ok", "type": "yes_no", "title": "Good?"}
WHY = {
    "name": "why", "type": "choice", "title": "Why", "weight": 3, "only_if": {"field": "ok", "is": False},
    "options": [{"value": v, "title": v} for v in "abc"],
}  # fmt: skip
NOTE = {"name": "note", "type": "text", "title": "Note"}
STEP = StepSpec.model_validate(choice_step(answer=[OK, WHY, NOTE]))
TRUTH = {"ok": False, "why": "a"}


@pytest.mark.parametrize(
    ("answer", "share", "reason"),
    [
        ({"ok": False, "why": "a", "note": "x"}, WHOLE, None),
        ({"ok": False, "why": "b", "note": "x"}, 2500, "partly_wrong"),
        ({"ok": True, "note": "x"}, 0, "wrong_answer"),
    ],
)
def test_fields_count_by_their_weight_and_words_do_not(answer: Any, share: int, reason: str | None) -> None:
    judged, _, asked = by_truth(STEP, answer, [Known(TRUTH)])
    assert (judged.share, judged.reason, asked) == (share, reason, 2)


def test_what_is_wrong_is_said_field_by_field() -> None:
    judged, _, _ = by_truth(STEP, {"ok": False, "why": "b"}, [Known(TRUTH)])
    assert str(judged.explanation) == "Why: you answered b; the accepted answer is a."


def test_a_lesser_acceptable_answer_is_paid_in_full_and_counts_by_its_weight() -> None:
    judged, told, _ = by_truth(STEP, {"ok": False, "why": "b"}, [Known(TRUTH), Known({"ok": False, "why": "b"}, 0.5)])
    assert (judged.share, told) == (WHOLE, Evidence(0.5, 0.5))


def test_of_equally_good_truths_the_weightier_speaks() -> None:
    _, told, _ = by_truth(STEP, {"ok": True}, [Known({"ok": True}, 0.2), Known({"ok": True}, 0.9)])
    assert (round(told.right, 9), round(told.wrong, 9)) == (0.9, 0.1)


@given(st.lists(st.tuples(st.floats(0.01, 1000), st.booleans()), min_size=1, max_size=6))
def test_a_share_is_everything_only_if_all_is_right_and_nothing_only_if_nothing_is(rows: list[tuple[float, bool]]) -> None:
    fields = [AnswerField.model_validate({**OK, "name": f"f{i}", "weight": weight}) for i, (weight, _) in enumerate(rows)]
    share = share_of(fields, {f"f{i}": right for i, (_, right) in enumerate(rows)})
    assert (share == WHOLE, share == 0) == (all(r for _, r in rows), not any(r for _, r in rows))
    assert 0 <= share <= WHOLE
