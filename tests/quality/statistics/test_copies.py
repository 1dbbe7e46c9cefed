"""Copied texts: found through edits, not where wording is common, quoted or short."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.copies import Text, find, normalised

RNG = np.random.default_rng(11)
WORDS = ["".join(RNG.choice(list("abcdefghijklmnoprstuvwxyz"), RNG.integers(3, 9))) for _ in range(2000)]


def sentence(rng: np.random.Generator, count: int = 30) -> str:
    return " ".join(rng.choice(WORDS, count))


def honest(seed: int, people: int = 60) -> list[Text]:
    rng = np.random.default_rng(seed)
    return [Text(person, f"{person}-{n}", sentence(rng)) for person in range(people) for n in range(3)]


def test_a_copy_is_found_with_both_assignments() -> None:
    texts = honest(1)
    texts.append(Text(50, "copy", texts[0].words))
    (signal,) = find(texts)
    assert signal.people == (0, 50)
    assert signal.details["assignments"] == [("0-0", "copy", 1.0)]
    assert signal.strength > 10


def test_case_punctuation_and_some_words_do_not_hide_a_copy() -> None:
    texts = honest(2)
    words = texts[0].words.split()
    for place in (3, 14, 22):
        words[place] = "changed"
    texts.append(Text(50, "copy", "  " + "... ".join(words).upper()))
    assert [signal.people for signal in find(texts)] == [(0, 50)]


def test_independent_texts_accuse_nobody() -> None:
    assert find(honest(3)) == []


def test_phrases_of_half_of_the_crowd_do_not_count() -> None:
    template = sentence(np.random.default_rng(99), 40)
    texts = [text._replace(words=template if text.person % 2 else text.words) for text in honest(4)]
    assert find(texts) == []


def test_short_texts_do_not_count() -> None:
    assert (
        find([*honest(5), Text(70, "a", "rare zzyx"), Text(71, "b", "rare zzyx"), Text(72, "c", "ok"), Text(73, "d", "")]) == []
    )


def test_quoting_what_was_shown_is_no_copying() -> None:
    ticket = sentence(np.random.default_rng(98), 40)
    quoting = [Text(70 + n, f"q{n}", ticket) for n in range(2)]
    assert [signal.people for signal in find(honest(6) + quoting)] == [(70, 71)]
    assert find(honest(6) + [text._replace(shown=ticket) for text in quoting]) == []


def test_ones_own_texts_may_be_alike() -> None:
    texts = honest(7)
    texts.append(Text(0, "again", texts[0].words))
    assert find(texts) == []


def test_more_copies_are_stronger_and_listed() -> None:
    texts = honest(8)
    texts += [Text(50, "x", texts[0].words), Text(50, "y", texts[1].words), Text(51, "z", texts[6].words)]
    first, second = find(texts)
    assert (first.people, second.people) == ((0, 50), (2, 51))
    assert {found[:2] for found in first.details["assignments"]} == {("0-0", "x"), ("0-1", "y")}
    assert first.strength > second.strength


def test_no_texts_no_signals() -> None:
    assert find([]) == []


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    assert "  " not in once


def test_refuses_a_similarity_of_nothing() -> None:
    with pytest.raises(ValueError, match="similarity"):
        find([], similarity=0)
