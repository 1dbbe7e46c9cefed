"""A dictation against its reference: what counts as which error."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from piecework.quality.exams import alignment
from piecework.quality.exams.alignment import Errors, compare, runs
from piecework.quality.exams.tokens import read

LETTERS = "абвгдежзиклмнопрстуфхцчшщыэюя"
WORD = st.text(LETTERS, min_size=1, max_size=8)
TEXT = st.lists(st.one_of(WORD, WORD.map(str.title), st.sampled_from([",", ".", "—", "!", "…"])), max_size=25).map(" ".join)


def counts(reference: str, text: str, **policy: bool) -> tuple[int, int, int, int, int]:
    """spelling, missing, extra, punctuation, capital"""
    found = compare(reference, text, **policy)
    assert not found.different
    spelling, missing, extra, punctuation, capital, _ = astuple(found)
    return spelling, missing, extra, punctuation, capital


@pytest.mark.parametrize(
    ("reference", "text", "expected"),
    [
        ("Мама мыла раму.", "Мама мыла раму.", (0, 0, 0, 0, 0)),
        ("Мама мыла раму.", "Мама мила раму.", (1, 0, 0, 0, 0)),
        ("Мама мыла раму.", "мама мыла раму", (0, 0, 0, 1, 1)),
        ("Мама мыла раму.", "Мама раму.", (0, 1, 0, 0, 0)),
        ("Мама мыла раму.", "Мама долго мыла раму.", (0, 0, 1, 0, 0)),
        ("Мама мыла раму.", "", (0, 3, 0, 1, 0)),
        # neighbouring wrong letters are one error, two places in a word are two
        ("Он учится.", "Он учиться.", (1, 0, 0, 0, 0)),
        ("Ходит собака.", "Хотид сабака.", (3, 0, 0, 0, 0)),
        ("Слово.", "Солво.", (1, 0, 0, 0, 0)),
        # written together, apart, with a hyphen
        ("Кто-то не был дома.", "Кто то небыл дома.", (2, 0, 0, 0, 0)),
        ("Кто-то пришёл.", "Ктото пришёл.", (1, 0, 0, 0, 0)),
        ("Кто-то пришёл.", "Кто\u2011то пришёл.", (0, 0, 0, 0, 0)),
        ("Ростов-на-Дону", "Ростов\u2013на\u2013Дону", (0, 0, 0, 0, 0)),
        # a parenthesis that is missing misses its commas too
        ("Я, конечно, приду.", "Я приду.", (0, 1, 0, 2, 0)),
        ("Я, конечно, приду.", "Я конечно приду.", (0, 0, 0, 2, 0)),
        ("Он сказал: «Да».", "Он сказал, “Да”.", (0, 0, 0, 1, 0)),
        ("Пришёл — увидел...", "Пришёл - увидел…", (0, 0, 0, 0, 0)),
        ("Пришёл — увидел.", "Пришёл -- увидел.", (0, 0, 0, 0, 0)),
        ("В лес.", "Ф лес.", (1, 0, 0, 0, 0)),
        ("москва и Волга", "Москва и волга", (0, 0, 0, 0, 2)),
        # another word is neither a misspelling nor two errors of its letters
        ("Синее небо.", "Дождливое небо.", (0, 1, 1, 0, 0)),
    ],
)
def test_each_error_is_counted_as_its_kind(reference: str, text: str, expected: tuple[int, ...]) -> None:
    assert counts(reference, text) == expected


class TestSpellingsOfTheSame:
    def test_yo_is_e_unless_the_policy_says_otherwise(self) -> None:
        assert counts("Ёлка ещё зелёная.", "Елка еще зеленая.") == (0, 0, 0, 0, 0)
        assert counts("Ёлка ещё зелёная.", "Елка еще зеленая.", yo_is_e=False) == (3, 0, 0, 0, 0)

    def test_the_composition_of_letters_and_stress_marks_do_not_matter(self) -> None:
        assert counts("Мой ёжик", "Мои\u0306 е\u0308жик") == (0, 0, 0, 0, 0)
        assert counts("замок", "за\u0301мок") == (0, 0, 0, 0, 0)

    def test_kinds_of_quotes_dashes_and_spaces_do_not_matter(self) -> None:
        written = ['"Да" — нет', "«Да» – нет", "„Да“ - нет", "“Да”\u00a0―\tнет", "'Да' \u2212 нет"]
        assert {counts(written[0], other) for other in written} == {(0, 0, 0, 0, 0)}

    def test_invisible_characters_are_no_errors(self) -> None:
        assert counts("собака", "со\u00adба\u200bка") == (0, 0, 0, 0, 0)


class TestProperties:
    @given(TEXT, st.booleans())
    def test_a_text_has_no_errors_against_itself(self, text: str, yo_is_e: bool) -> None:
        assert compare(text, text, yo_is_e=yo_is_e) == Errors()

    @given(st.lists(WORD, min_size=1, max_size=20), st.data())
    def test_one_wrong_letter_is_one_spelling_error(self, words: list[str], data: st.DataObject) -> None:
        which = data.draw(st.integers(0, len(words) - 1))
        place = data.draw(st.integers(0, len(words[which]) - 1))
        letter = data.draw(st.sampled_from(LETTERS))
        assume(letter != words[which][place])
        wrong = [*words]
        wrong[which] = words[which][:place] + letter + words[which][place + 1 :]
        assert counts(" ".join(words), " ".join(wrong)) == (1, 0, 0, 0, 0)

    @given(st.lists(WORD, min_size=2, max_size=20), st.data())
    def test_a_comma_too_many_is_one_error_of_punctuation(self, words: list[str], data: st.DataObject) -> None:
        after = data.draw(st.integers(1, len(words)))
        commaed = " ".join([*words[: after - 1], words[after - 1] + ",", *words[after:]])
        assert counts(" ".join(words), commaed) == counts(commaed, " ".join(words)) == (0, 0, 0, 1, 0)

    @given(TEXT, TEXT)
    def test_counts_are_bounded_and_the_other_way_round_words_missing_are_words_extra(self, one: str, other: str) -> None:
        here, there = compare(one, other), compare(other, one)
        first, second = read(one), read(other)
        assert here.missing <= len(first.words)
        assert here.extra <= len(second.words)
        assert here.capital <= min(len(first.words), len(second.words))
        assert here.punctuation <= sum(map(len, first.gaps)) + sum(map(len, second.gaps))
        assert here.different == there.different
        if here.spelling == there.spelling == 0:  # else words may be joined differently at the same cost
            assert (here.missing, here.extra) == (there.extra, there.missing)

    @given(WORD, WORD)
    def test_runs_of_wrong_letters_are_symmetric_and_no_more_than_letters(self, one: str, other: str) -> None:
        assert runs(one, other) == runs(other, one) <= max(len(one), len(other))
        assert (runs(one, other) == 0) == (one == other)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The steps that a comparison takes: `cells` of the table, and `columns` of bits where letters or marks are compared."""
    counted: Counter[str] = Counter()
    cell, columns = alignment._cost, alignment.edits

    def counted_cell(before: int | None, wanted: str, given: str, so_far: int) -> int:
        counted["cells"] += 1
        return cell(before, wanted, given, so_far)

    def counted_columns(one: Sequence[str], other: Sequence[str], most: int) -> int | None:
        counted["columns"] += max(len(one), len(other))
        return columns(one, other, most)

    monkeypatch.setattr(alignment, "_cost", counted_cell)
    monkeypatch.setattr(alignment, "edits", counted_columns)
    alignment.letters.cache_clear()
    return counted


CELLS = sum(2 * (most // alignment.JOINED) + 1 for most in alignment.BOUNDS)
"""For each word of the reference, in all the bands together."""


class TestBounds:
    @pytest.mark.parametrize("length", [1, 9])
    def test_other_texts_are_given_up_early(self, work: Counter[str], length: int) -> None:
        chance = Random(1)
        one, other = (
            " ".join("".join(chance.choices(LETTERS, k=chance.randint(1, length))) for _ in range(2_000)) for _ in range(2)
        )
        assert compare(one, other) == Errors(missing=2_000, extra=2_000, different=True)
        assert work["cells"] < 200 * CELLS

    def test_the_work_grows_with_the_words_and_not_with_their_square(self, work: Counter[str]) -> None:
        """All bands are looked at to the end: words that resemble each other, right but for so many missing at the end."""
        for words in (500, 1_000):
            work.clear()
            text = [f"сотрудничест{number:06}" for number in range(words)]
            assert compare(" ".join(text), " ".join(text[:-99])).missing == 99
            assert work["cells"] <= CELLS * words
            assert work["columns"] <= alignment.LONGEST_WORD * work["cells"]

    def test_a_hundred_errors_are_still_counted_one_by_one(self) -> None:
        words = [f"слово{number}" for number in range(1_000)]
        assert counts(" ".join(words), " ".join(words[100:])) == (0, 100, 0, 0, 0)
        assert compare(" ".join(words), " ".join(words[101:])).different

    def test_a_word_or_a_row_of_marks_as_long_as_the_answer_may_be_costs_nothing_much(self, work: Counter[str]) -> None:
        assert counts("Мама мыла раму", "Мама " + "ы" * 20_000 + " раму") == (0, 1, 1, 0, 0)
        assert work["columns"] < 100
        assert counts("Мама мыла раму", "Мама мыла раму" + "!" * 20_000) == (0, 0, 0, 20_000, 0)
        assert work["columns"] < 20_100
