"""What answers are worth, question by question, and what that says by the published rule. Pure functions, whole numbers.

A question is worth a share in 1/10,000 of its points. The points of all questions decide by `share`. By `lower_bound`, they count as
n answers: n times their share right, the rest wrong. n is how many questions of equal points tell as much as these do, (sum of the
points)² / sum of their squares (the effective sample size of Kish 1965, "Survey Sampling"): a dictation of 40 points tells as much of a
person as one question does, not as forty. The probability of being right then has, beginning from a uniform belief, a Beta posterior
(1 + right, 1 + wrong), and its equal-tailed credible interval at the exam's level is what the rule looks at. 18 of 20 right: Beta(19, 3),
at the level 0.9 from 0.729 to 0.959.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from piecework.quality.comparing.texts import normalise
from piecework.quality.exams import alignment
from piecework.quality.exams.definition import ExamSpec, Passing
from piecework.quality.exams.questions import (
    Choice,
    Chosen,
    Correction,
    Dictation,
    GoldenQuestion,
    KeyPoint,
    Question,
    ShortAnswer,
    Statements,
    Wordings,
    Written,
)
from piecework.quality.exams.tokens import read
from piecework.quality.grading import judging
from piecework.quality.statistics import Beta, Interval, interval
from piecework.tasks.decisions import WHOLE
from piecework.tasks.fields import Answer

UNIFORM = Beta(1.0, 1.0)
"""Before the exam every probability of being right is as likely as any other: nobody begins with a credit."""
ERROR_KINDS = ("spelling", "missing", "extra", "punctuation", "capital")


@dataclass(frozen=True, slots=True)
class Score:
    """What an answer is worth: `share` of the question in 1/10,000; of a dictation its errors by kind."""

    share: int
    errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt comes to. `scored` and `possible` in 1/10,000 of a point."""

    scored: int
    possible: int
    passed: bool
    interval: Interval

    @property
    def share(self) -> float:
        """The share of all points."""
        return self.scored / self.possible


def score(question: Question, answer: Answer | None) -> Score:
    """What an answer is worth. No answer is worth nothing. The answer fits the question."""
    if answer is None:
        return Score(0)
    if isinstance(question, Dictation):
        return _dictation(question, Written.model_validate(answer).text)
    match question:
        case Statements():
            share = _statements(question, Chosen.model_validate(answer).chosen)
        case ShortAnswer():
            share = _short_answer(question, Written.model_validate(answer).text)
        case Wordings():
            share = WHOLE if Choice.model_validate(answer).choice == question.right else 0
        case Correction():
            share = WHOLE if _written(question, Written.model_validate(answer).text) else 0
        case GoldenQuestion():
            share = judging.by_truth(question.step, answer, [one.known() for one in question.answers])[0].share
    return Score(share)


def outcome(rule: Passing, scores: Sequence[tuple[int, int]]) -> Outcome:
    """By the rule, from each question's points and its share of them in 1/10,000."""
    scored, possible = sum(points * share for points, share in scores), sum(points for points, _ in scores) * WHOLE
    answers = (possible / WHOLE) ** 2 / sum(points**2 for points, _ in scores)
    right = answers * scored / possible
    found = interval(right, answers - right, prior=UNIFORM, level=rule.level)
    threshold = ten_thousandths(rule.threshold)
    passed = scored * WHOLE >= threshold * possible if rule.by == "share" else found.low >= rule.threshold
    return Outcome(scored, possible, passed, found)


def best_outcome(spec: ExamSpec) -> Outcome:
    """What an attempt with everything right comes to."""
    return outcome(spec.passing, [(section.points, WHOLE) for section in spec.sections for _ in range(section.draw)])


def ten_thousandths(share: float) -> int:
    """A share as it is reckoned with."""
    return round(share * WHOLE)


def _dictation(question: Dictation, text: str) -> Score:
    found = alignment.compare(question.reference, text, yo_is_e=question.yo_is_e)
    errors = {kind: getattr(found, kind) for kind in ERROR_KINDS}
    lost = sum(count * ten_thousandths(getattr(question.lost, kind)) for kind, count in errors.items())
    return Score(0 if found.different else max(0, WHOLE - lost), errors)


def _statements(question: Statements, chosen: Sequence[int]) -> int:
    """(hits - penalty * false ones) / those that hold, never below nothing."""
    holding = sum(one.holds for one in question.statements)
    hits = sum(question.statements[number].holds for number in chosen)
    return max(0, min(WHOLE, int(WHOLE * (hits - question.penalty * (len(chosen) - hits)) / holding + 1e-9)))


def _short_answer(question: ShortAnswer, text: str) -> int:
    words = normalise(text).split()[: question.most_words]
    total = sum(point.weight for point in question.key_points)
    found = sum(point.weight for point in question.key_points if _says(point, words))
    return min(WHOLE, int(WHOLE * found / total + 1e-9))


def _says(point: KeyPoint, words: Sequence[str]) -> bool:
    return any(_has(words, wording) for wording in point.wordings)


def _has(words: Sequence[str], phrase: Sequence[tuple[str, bool]]) -> bool:
    """True if the words of the phrase follow each other in the text."""
    return any(
        all(
            word.startswith(wanted) if open_ended else word == wanted
            for word, (wanted, open_ended) in zip(words[start : start + len(phrase)], phrase, strict=True)
        )
        for start in range(len(words) - len(phrase) + 1)
    )


def _written(question: Correction, text: str) -> bool:
    level = normalise if question.compare == "wording" else _exactly
    return level(text) in {level(one) for one in question.accepted}


def _exactly(text: str) -> object:
    """Words and marks as written, but for spaces, kinds of quotes and dashes, ё and the mark at the end."""
    levelled = read(unicodedata.normalize("NFC", text).replace("ё", "е").replace("Ё", "Е"))
    *inner, last = levelled.gaps
    return levelled.words, tuple(inner), last[:-1] if last[-1:] == (".",) else last
