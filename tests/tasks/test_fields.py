"""Typed fields and the check of answers against them."""

from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from piecework.platform.errors import Invalid
from piecework.tasks.fields import AnswerField, AnswerSchema

OPTIONS = [{"value": value, "title": value} for value in "abc"]


def field(**changes: Any) -> AnswerField:
    return AnswerField.model_validate({"name": "x", "type": "text", "title": "X", **changes})


def fits(schema: AnswerSchema, answer: Any) -> bool:
    try:
        schema.check(answer)
    except Invalid:
        return False
    return True


class TestAnswerField:
    @pytest.mark.parametrize(
        "changes",
        [
            {"type": "choice"},
            {"type": "choices"},
            {"type": "text", "options": OPTIONS},
            {"type": "choice", "options": OPTIONS + OPTIONS[:1]},
            {"min_length": 3, "max_length": 2},
            {"type": "number", "minimum": 2, "maximum": 1},
            {"name": "X"},
            {"name": ""},
            {"type": "date"},
            {"title": ""},
            {"surprise": 1},
            {"required": "yes"},
            {"weight": 0},
            {"weight": -1},
            {"weight": "2"},
            {"compare": {}},
            {"compare": {"by": "sense"}},
            {"compare": {"by": "exact", "surprise": 1}},
            {"compare": {"by": "exact", "threshold": 0.5}},
            {"compare": {"by": "normalised", "tolerance": 1}},
            {"compare": {"by": "edits"}},
            {"compare": {"by": "edits", "threshold": 0}},
            {"compare": {"by": "edits", "threshold": 1.1}},
            {"compare": {"by": "absolute", "tolerance": 1}},
            {"compare": {"by": "overlap", "threshold": 0.5}},
            {"type": "number", "compare": {"by": "absolute"}},
            {"type": "number", "compare": {"by": "absolute", "tolerance": 0}},
            {"type": "number", "compare": {"by": "relative", "tolerance": 1}},
            {"type": "number", "compare": {"by": "edits", "threshold": 0.5}},
            {"type": "yes_no", "compare": {"by": "normalised"}},
            {"type": "choice", "options": OPTIONS, "compare": {"by": "overlap", "threshold": 0.5}},
            {"type": "choices", "options": OPTIONS, "compare": {"by": "overlap"}},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            field(**changes)

    @pytest.mark.parametrize(
        "changes",
        [
            {"compare": {"by": "exact"}},
            {"compare": {"by": "normalised"}},
            {"compare": {"by": "edits", "threshold": 0.8}, "weight": 2},
            {"type": "yes_no", "compare": {"by": "exact"}},
            {"type": "choice", "options": OPTIONS, "compare": {"by": "exact"}},
            {"type": "choices", "options": OPTIONS, "compare": {"by": "exact"}},
            {"type": "choices", "options": OPTIONS, "compare": {"by": "overlap", "threshold": 0.5}},
            {"type": "number", "compare": {"by": "exact"}},
            {"type": "number", "compare": {"by": "absolute", "tolerance": 0.5}},
            {"type": "number", "compare": {"by": "relative", "tolerance": 0.01}, "weight": 0.5},
        ],
    )
    def test_each_type_has_its_comparisons_which_survive_storing(self, changes: dict[str, Any]) -> None:
        made = field(**changes)
        assert AnswerField.model_validate_json(made.model_dump_json(by_alias=True)) == made
        assert made.compare is not None

    def test_without_a_word_nothing_is_compared_otherwise_and_all_fields_weigh_the_same(self) -> None:
        assert (field().compare, field().weight) == (None, 1.0)

    @pytest.mark.parametrize(
        ("changes", "good", "bad"),
        [
            ({"type": "choice", "options": OPTIONS}, ["a", "c"], ["d", "", None, True, ["a"], {}]),
            ({"type": "choices", "options": OPTIONS}, [[], ["a"], ["b", "a"]], [["a", "a"], ["d"], "a", None, {}]),
            ({"type": "yes_no"}, [True, False], ["yes", 1, 0, None, "true"]),
            (
                {"type": "number", "minimum": 0, "maximum": 5},
                [0, 5, 2.5],
                [-1, 6, "1", True, None, float("nan"), float("inf"), 10**400],
            ),
            ({"type": "text", "min_length": 2, "max_length": 4}, ["ab", "абвг", "👍👍"], ["a", "abcde", 12, None, ["ab"]]),
            ({"type": "text"}, ["x"], [""]),
        ],
    )
    def test_each_type_takes_its_values_only(self, changes: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
        schema = AnswerSchema([field(**changes)])
        assert [fits(schema, {"x": value}) for value in good] == [True] * len(good)
        assert [fits(schema, {"x": value}) for value in bad] == [False] * len(bad)


class TestAnswerSchema:
    FIELDS: ClassVar = [
        field(name="ok", type="yes_no"),
        field(name="why", type="choice", options=OPTIONS, only_if={"field": "ok", "is": False}),
        field(name="note", required=False),
    ]

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ({"ok": True}, True),
            ({"ok": True, "note": "n"}, True),
            ({"ok": False, "why": "a"}, True),
            ({"ok": False}, False),
            ({"ok": True, "why": "a"}, False),
            ({"why": "a"}, False),
            ({}, False),
            ({"ok": True, "more": 1}, False),
            ({"ok": False, "why": "d"}, False),
        ],
    )
    def test_a_field_is_asked_for_only_under_its_condition(self, answer: dict[str, Any], expected: bool) -> None:
        assert fits(AnswerSchema(self.FIELDS), answer) is expected

    def test_the_refusal_names_the_field(self) -> None:
        with pytest.raises(Invalid) as refused:
            AnswerSchema(self.FIELDS).check({"ok": "yes"})
        assert refused.value.extra["errors"][0]["field"] == "answer.ok"

    def test_a_long_value_is_not_echoed(self) -> None:
        with pytest.raises(Invalid) as refused:
            AnswerSchema([field(type="yes_no")]).check({"x": "z" * 5_000})
        assert "zzz" not in str(refused.value.extra)

    def test_a_large_broken_answer_has_at_most_twenty_findings(self) -> None:
        many = [field(name=f"f{i}", type="yes_no") for i in range(30)]
        with pytest.raises(Invalid) as refused:
            AnswerSchema(many).check({one.name: "no" for one in many})
        assert len(refused.value.extra["errors"]) == 20

    @given(
        answer=st.dictionaries(
            st.sampled_from(["ok", "why", "note", "else"]),
            st.none() | st.booleans() | st.integers() | st.sampled_from("abcd") | st.text(max_size=5),
            max_size=4,
        )
    )
    @settings(max_examples=200, deadline=None)
    def test_the_published_schema_says_the_same_as_a_second_opinion(self, answer: dict[str, Any]) -> None:
        keys = set(answer)
        ok, why, note = answer.get("ok"), answer.get("why"), answer.get("note", "x")
        expected = (
            keys <= {"ok", "why", "note"}
            and isinstance(ok, bool)
            and (why in ("a", "b", "c") if ok is False else "why" not in keys)
            and isinstance(note, str)
            and len(note) >= 1
        )
        assert fits(AnswerSchema(self.FIELDS), answer) is expected
