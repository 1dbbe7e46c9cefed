"""Consensus of one task's answers: a weighted vote per field, with a confidence, and what it tells of each voter.

First version: the one-coin model with each person's accuracy so far. Other methods belong behind `decide`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import JsonValue

from piecework.quality.comparison import asked, classes, label
from piecework.quality.statistics import OPEN, Evidence, leave_one_out, overlap_evidence, posterior
from piecework.tasks.fields import Answer, AnswerField, FieldType

TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's answer and how often such a person is right (0..1)."""

    answer: Answer
    accuracy: float


@dataclass(slots=True)
class Standing:
    """One voter after the vote, judged from the others' votes only."""

    agrees: bool = True
    probability_right: float = 1.0
    """The lowest over the fields: the chance that the voter's value is right, by the others' votes. 1.0 without others."""
    asked: int = 0
    evidence: Evidence = field(default_factory=lambda: Evidence(0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Consensus:
    """The aggregated answer; None if some field is tied. `confidence` is the chance that every compared field is right."""

    result: Answer | None
    confidence: float
    standings: list[Standing]


def decide(fields: Sequence[AnswerField], votes: Sequence[Vote]) -> Consensus:
    """Aggregate the votes field by field, in the schema's order; a field counts only if the fields decided before ask for it.

    Free text is not voted on: the text of the most accurate voter who agrees with everything else is taken.
    """
    result: Answer = {}
    standings = [Standing() for _ in votes]
    confidence = 1.0
    tied = False
    for one in fields:
        if one.type == FieldType.TEXT or not asked(one, result):
            continue
        voters = [i for i, vote in enumerate(votes) if one.name in vote.answer]
        if not voters:
            continue
        share, best_value, is_tie = _vote_on(one, votes, voters, standings)
        confidence *= share
        tied = tied or is_tie
        result[one.name] = best_value
    for one in fields:
        if one.type == FieldType.TEXT and asked(one, result) and (author := _author(one, votes, standings)) is not None:
            result[one.name] = author.answer[one.name]
    return Consensus(None if tied else result, confidence, standings)


def _vote_on(
    one: AnswerField, votes: Sequence[Vote], voters: Sequence[int], standings: Sequence[Standing]
) -> tuple[float, JsonValue, bool]:
    values = [label(votes[i].answer[one.name]) for i in voters]
    kinds, labels = _codes(one, values)
    accuracies = np.array([votes[i].accuracy for i in voters])
    count = classes(one)
    shares = posterior(labels, accuracies, count)
    best = int(np.argmax(shares[: len(kinds)]))  # of what was said; the last share of an open set is for none of it
    is_tie = int(np.sum(shares[: len(kinds)] > shares[best] - TIE)) > 1
    others = leave_one_out(labels, accuracies, count)
    told = overlap_evidence(labels, accuracies, count)
    for place, i in enumerate(voters):
        standing = standings[i]
        standing.agrees = standing.agrees and labels[place] == best
        standing.asked += 1
        standing.evidence = standing.evidence + told[place]
        if len(voters) > 1:
            standing.probability_right = min(standing.probability_right, float(others[place]))
    first = next((i for place, i in enumerate(voters) if labels[place] == best), None)
    value: JsonValue = None if first is None else votes[first].answer[one.name]
    return float(shares[best]), value, is_tie


def _codes(one: AnswerField, values: Sequence[object]) -> tuple[list[object], "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """Values as codes 0..; a closed field's codes are its options in order."""
    if one.type == FieldType.YES_NO:
        kinds: list[object] = [False, True]
    elif classes(one) != OPEN:
        kinds = [option.value for option in one.options]
    else:
        kinds = list(dict.fromkeys(values))
    places = {kind: i for i, kind in enumerate(kinds)}
    return kinds, np.array([places[value] for value in values], dtype=np.int64)


def _author(one: AnswerField, votes: Sequence[Vote], standings: Sequence[Standing]) -> Vote | None:
    agreeing = [vote for vote, standing in zip(votes, standings, strict=True) if standing.agrees and one.name in vote.answer]
    return max(agreeing, key=lambda vote: vote.accuracy, default=None)
