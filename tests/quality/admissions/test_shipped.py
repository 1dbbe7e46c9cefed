"""What ships: the general form and the interview's guide."""

import re
from itertools import chain

import pytest

from piecework.quality.admissions import documents, words
from piecework.quality.admissions.specs import STAGES, Form, Guide, Stage, Words

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
LATIN = re.compile("[a-z]", re.IGNORECASE)


def form() -> Form:
    found = documents.shipped("form")
    assert isinstance(found, Form)
    return found


def guide() -> Guide:
    found = documents.shipped("guide")
    assert isinstance(found, Guide)
    return found


def all_words() -> list[Words]:
    of_form = [form().title]
    for question in form().questions:
        of_form += [
            question.title,
            *[one.title for one in question.options],
            *([question.explain.title] if question.explain else []),
        ]
    of_guide = [guide().title, *[group.title for group in guide().groups]]
    questions = chain.from_iterable(group.questions for group in guide().groups)
    return [*of_form, *of_guide, *chain.from_iterable((q.text, q.good, q.avoid) for q in questions)]


class TestForm:
    def test_it_has_fifteen_questions(self) -> None:
        assert len(form().questions) == 15

    def test_every_type_of_answer_occurs_and_a_reason_is_asked_for(self) -> None:
        assert {str(one.type) for one in form().questions} == {"choice", "choices", "yes_no", "number", "text"}
        assert [one.name for one in form().questions if one.explain] == ["equipment", "other_duties", "acquaintances"]

    def test_values_and_bounds_are_the_same_in_both_languages(self) -> None:
        for ru, en in zip(form().fields("ru"), form().fields("en"), strict=True):
            assert [one.value for one in ru.options] == [one.value for one in en.options]
            assert ru.name == en.name


class TestGuide:
    def test_it_has_23_questions_in_the_five_groups(self) -> None:
        assert [(group.code, len(group.questions)) for group in guide().groups] == [
            ("service", 5),
            ("emotions", 5),
            ("problems", 5),
            ("communication", 4),
            ("work", 4),
        ]
        assert len(guide().question_codes()) == 23

    def test_good_answers_and_what_to_avoid_differ(self) -> None:
        for question in chain.from_iterable(group.questions for group in guide().groups):
            assert len({question.text.en, question.good.en, question.avoid.en}) == 3


class TestLanguages:
    @pytest.mark.parametrize("text", all_words(), ids=lambda one: one.en[:40])
    def test_each_text_is_in_its_language(self, text: Words) -> None:
        assert LATIN.search(re.sub(r"{.*?}", "", text.en)) or not text.en.isalpha()
        assert not CYRILLIC.search(text.en)
        assert CYRILLIC.search(text.ru)

    def test_both_languages_have_the_same_values_to_fill_in(self) -> None:
        for text in all_words():
            assert set(re.findall(r"{(\w+)", text.ru)) == set(re.findall(r"{(\w+)", text.en))

    def test_each_stage_says_what_is_next(self) -> None:
        assert {stage for stage, _ in words.NEXT} == set(STAGES)
        assert all((stage, words.first_turn(stage)) in words.NEXT for stage in Stage)
