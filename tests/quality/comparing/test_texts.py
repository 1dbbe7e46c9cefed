"""Texts that say the same: levelled spelling, the edit distance against the textbook's table, and what it may cost."""

import random
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.comparing import texts
from piecework.quality.comparing.texts import LONGEST_BY_CHARACTERS, MOST_UNITS, alike, edits, least_edits, normalise

SHORT = st.text("abё ", max_size=12)


def by_the_table(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, mine in enumerate(one, 1):
        above, row = row, [i]
        for j, theirs in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (mine != theirs)))
    return row[-1]


class Counted(str):
    """A unit that counts how often it is looked at."""

    __slots__ = ()
    looks: ClassVar[int] = 0

    def __hash__(self) -> int:
        Counted.looks += 1
        return super().__hash__()

    __eq__ = str.__eq__


class TestNormalise:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Ёлка", "елка"),
            ("е\u0308лка", "елка"),
            ("  Всё,   хорошо!\n", "все хорошо"),
            ("ﬁne №5", "fine no5"),
            ("ТЕКСТ", "текст"),
            ("straße", "STRASSE"),
            ("сло\u00adво\u200b", "слово"),
            ("as-is", "as is"),
            ("…", "..."),
        ],
    )
    def test_what_is_spelled_otherwise_becomes_equal(self, one: str, other: str) -> None:
        assert normalise(one) == normalise(other)

    @pytest.mark.parametrize(
        ("one", "other"), [("кот", "код"), ("a b", "ab"), ("5 €", "5 $"), ("👍", "👎"), ("!", "?"), ("й", "и"), ("+5", "5")]
    )
    def test_what_means_something_else_does_not(self, one: str, other: str) -> None:
        assert normalise(one) != normalise(other)

    @given(text=st.text(max_size=30))
    @settings(max_examples=200, deadline=None)
    def test_case_and_surrounding_space_never_matter(self, text: str) -> None:
        assert normalise(f"  {text}\n") == normalise(text) == normalise(text.casefold())

    @given(text=st.text("аёЁ bB.,—!\u00a0\n1", max_size=30))
    def test_what_is_level_stays_as_it_is(self, text: str) -> None:
        assert normalise(normalise(text)) == normalise(text)


class TestEdits:
    @given(one=SHORT, other=SHORT, most=st.integers(0, 14))
    @settings(max_examples=500, deadline=None)
    def test_they_are_those_of_the_textbooks_table(self, one: str, other: str, most: int) -> None:
        exact = by_the_table(one, other)
        assert edits(one, other, most) == (exact if exact <= most else None)

    def test_they_count_far_beyond_a_machine_word(self) -> None:
        rng = random.Random(5)
        one = "".join(rng.choices("абвг", k=400))
        other = "".join(rng.choices("абвг", k=370))
        assert edits(one, other, 400) == by_the_table(one, other)

    @given(one=SHORT, other=SHORT)
    def test_the_quick_bound_is_never_above_them(self, one: str, other: str) -> None:
        assert least_edits(one, other) <= by_the_table(one, other)

    def test_they_stop_once_the_distance_is_too_large(self) -> None:
        Counted.looks = 0
        assert edits(["a"] * 1000, [Counted("b")] * 1000, 10) is None
        assert Counted.looks <= 12


class TestAlike:
    @pytest.mark.parametrize(
        ("one", "other", "threshold", "expected"),
        [
            ("abcde", "abcdx", 0.8, True),
            ("abcde", "abcdx", 0.81, False),
            ("abcde", "abxyz", 0.8, False),
            ("abcdefghij", "abcdefghi", 0.9, True),
            ("abc", "abc", 1.0, True),
            ("abc", "abd", 1.0, False),
            ("", "", 0.5, True),
            ("", "a", 0.5, False),
        ],
    )
    def test_by_hand(self, one: str, other: str, threshold: float, expected: bool) -> None:
        assert alike(one, other, threshold) is expected

    @given(one=SHORT, other=SHORT, threshold=st.floats(0.05, 1))
    @settings(max_examples=300, deadline=None)
    def test_it_is_symmetric_and_everything_is_like_itself(self, one: str, other: str, threshold: float) -> None:
        assert alike(one, other, threshold) == alike(other, one, threshold)
        assert alike(one, one, threshold)

    def test_long_texts_count_in_words(self) -> None:
        words = [f"word{i}" for i in range(LONGEST_BY_CHARACTERS // 5)]
        changed = [f"other{i}" if i % 10 == 0 else word for i, word in enumerate(words)]
        assert alike(" ".join(words), " ".join(changed), 0.9)
        assert not alike(" ".join(words), " ".join(changed), 0.91)

    def test_what_is_beyond_the_bound_is_compared_by_how_often_words_occur(self) -> None:
        shared = "w " * MOST_UNITS
        assert alike(shared + "a b c " * 400, shared + "c b a " * 400, 0.9)
        assert not alike(shared + "a b c " * 400, shared + "x y z " * 400, 0.9)

    def test_ten_of_the_longest_texts_cost_a_bounded_number_of_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = random.Random(3)
        words = [f"{i:04}" for i in range(4000)]
        written = [" ".join(rng.sample(words, 4000)) for _ in range(9)] + ["\ufdfa" * 20_000]
        assert all(len(text) >= 19_999 for text in written)
        sizes: list[tuple[int, int]] = []
        real = texts.edits
        monkeypatch.setattr(texts, "edits", lambda a, b, most: (sizes.append((len(a), len(b))), real(a, b, most))[1])
        levelled = [normalise(text) for text in written]
        for i, one in enumerate(levelled):
            assert not any(alike(one, other, 0.5) for other in levelled[:i])
        assert len(sizes) == 36  # the tenth differs too much in length, which is seen before
        assert all(max(size) <= MOST_UNITS for size in sizes)
