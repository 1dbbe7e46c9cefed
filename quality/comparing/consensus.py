"""Consensus of one task's answers: a vote per field by one of several methods, with a confidence, and what it tells of each voter.

The methods decide the result and its confidence. How a voter stands is always judged by the others' votes under the one-coin model
(with "dawid-skene": under that one), whatever the method: a share of votes is no probability of being right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import JsonValue

from piecework.quality.comparing.comparison import Label, asked, classes, is_compared, labelled, near
from piecework.quality.comparing.groups import grouped, heaviest, weighted_median
from piecework.quality.statistics import ticks
from piecework.quality.statistics.credit import Evidence
from piecework.quality.statistics.tally import Tally, tally
from piecework.quality.statistics.toloka import skill, toloka_basic
from piecework.quality.statistics.vote import OPEN, OPEN_SET_SIZE, Floats, log_weights, set_size
from piecework.tasks.fields import Answer, AnswerField, FieldType

TIE = 1e-9

Method = Literal["posterior", "majority", "weighted", "dawid-skene", "toloka-basic"]
"""How votes become a result.

posterior: the Bayesian vote with everybody's accuracy · majority: one vote each, the confidence is the share of the votes ·
weighted: the same, each vote weighs its accuracy · dawid-skene: posterior, with the confusion matrix of those who have one ·
toloka-basic: the Bayesian vote with an accuracy from golden tasks alone, as Toloka's dynamic overlap.
"""
SHARES = ("majority", "weighted")


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's answer and how often such a person is right (0..1)."""

    answer: Answer
    accuracy: float
    confusion: Mapping[str, ArrayLike] = field(default_factory=dict)
    """For closed fields by name: row the true class, column the one said, in the order of the options (yes_no: no, yes)."""
    golden_right: float = 0.0
    golden_total: float = 0.0
    """Golden answers so far, those in part right counted in part."""


@dataclass(slots=True)
class Standing:
    """One voter after the vote, judged from the others' votes only."""

    agrees: bool = True
    probability_right: float = 1.0
    """The lowest over the fields: the chance that the voter's value is right, by the others' votes. 1.0 without others."""
    asked: int = 0
    evidence: Evidence = field(default_factory=lambda: Evidence(0.0, 0.0))
    fields: dict[str, bool] = field(default_factory=dict)
    """Field by field, whether the answer is the same as the consensus; a tied field is not there, nor an optional one left out."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """The aggregated answer; None if some field is tied. `confidence` is the chance that every compared field is right."""

    result: Answer | None
    confidence: float
    standings: list[Standing]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One field's vote. `agree`, `right` and `evidence` have one entry a voter."""

    value: JsonValue
    confidence: float
    is_tie: bool
    agree: list[bool]
    right: list[float]
    evidence: list[Evidence]


def decide(fields: Sequence[AnswerField], votes: Sequence[Vote], *, method: Method = "posterior") -> Consensus:
    """Aggregate the votes field by field, in the schema's order; a field counts only if the fields decided before ask for it.

    Text that is not compared is not voted on: that of the most accurate voter who agrees with everything else is taken.
    """
    result: Answer = {}
    standings = [Standing() for _ in votes]
    confidence = 1.0
    tied = False
    for one in fields:
        if not is_compared(one) or not asked(one, result):
            continue
        voters = [i for i, vote in enumerate(votes) if one.name in vote.answer]
        if not voters:
            continue
        outcome = vote_on(one, [votes[i] for i in voters], method)
        confidence *= outcome.confidence
        tied = tied or outcome.is_tie
        if not outcome.is_tie:
            result[one.name] = outcome.value
        _note(one, outcome, voters, standings)
    if tied:
        return Consensus(None, confidence, standings)
    for one in fields:
        if not is_compared(one) and asked(one, result) and (author := _author(one, votes, standings)) is not None:
            result[one.name] = author.answer[one.name]
    return Consensus(result, confidence, standings)


def vote_on(one: AnswerField, votes: Sequence[Vote], method: Method) -> Outcome:
    """The vote on one field, by those who have a value for it. No result depends on the order of the votes."""
    if one.type == FieldType.CHOICES and method not in SHARES:
        return _vote_by_option(one, votes, method)
    labels = [labelled(one, vote.answer[one.name]) for vote in votes]
    weights = _weights(one, votes, method)
    kinds, codes = _codes(one, labels, weights)
    tallied = _tally(one, votes, codes, method)
    shares = _shares(one, votes, codes, weights, method, tallied)
    highest = max(shares[code] for code in codes)  # of what was said: nobody's answer is no result
    level = sorted({code for code in codes if shares[code] > highest - TIE})
    best, is_tie = level[0], len(level) > 1
    if classes(one) != OPEN:
        value = votes[codes.index(best)].answer[one.name]
        agree = [code == best for code in codes]
        return Outcome(value, float(shares[best]), is_tie, agree, tallied.right, tallied.evidence)
    winners = [i for i, code in enumerate(codes) if code == best]
    value = _value(one, [votes[i] for i in winners], [labels[i] for i in winners], [weights[i] for i in winners], kinds[best])
    final = labelled(one, value)
    agree = [code == best or near(one, label, final) for code, label in zip(codes, labels, strict=True)]
    return Outcome(value, float(shares[best]), is_tie, agree, tallied.right, tallied.evidence)


def _vote_by_option(one: AnswerField, votes: Sequence[Vote], method: Method) -> Outcome:
    """Each option by itself (see `ticks`); what the vote says of the voters' accuracies is told by whole sets, as golden tasks do."""
    options = [option.value for option in one.options]
    labels = [labelled(one, vote.answer[one.name]) for vote in votes]
    said = np.array([[value in label for value in options] for label in labels if isinstance(label, frozenset)])
    threshold = one.compare.threshold if one.compare else None
    counted = ticks.vote(said, _accuracies(votes, method), threshold)
    doubtful = np.abs(counted.chances - 0.5) <= TIE
    unanimous = (said == said[0]).all(axis=0)
    chosen = np.where(doubtful, said.all(axis=0), counted.chances > 0.5)
    value: JsonValue = [option for option, is_in in zip(options, chosen, strict=True) if is_in]
    final = labelled(one, value)
    _, codes = _codes(one, labels, _weights(one, votes, method))
    return Outcome(
        value,
        ticks.probability_right(chosen, counted.chances, threshold),
        bool((doubtful & ~unanimous).any()),
        [near(one, label, final) for label in labels],
        counted.right,
        _tally(one, votes, codes, method).evidence,
    )


def _note(one: AnswerField, outcome: Outcome, voters: Sequence[int], standings: Sequence[Standing]) -> None:
    if one.required and not outcome.is_tie:
        for standing in standings:
            standing.fields[one.name] = False  # who was not asked had decided otherwise before
    for i, agrees, right, told in zip(voters, outcome.agree, outcome.right, outcome.evidence, strict=True):
        standing = standings[i]
        standing.agrees = standing.agrees and agrees
        standing.asked += 1
        standing.evidence = standing.evidence + told
        if not outcome.is_tie:
            standing.fields[one.name] = agrees
        if len(voters) > 1:
            standing.probability_right = min(standing.probability_right, right)


def _codes(one: AnswerField, labels: Sequence[Label], weights: Sequence[float]) -> tuple[list[Label], list[int]]:
    """Labels as codes 0..; a closed field's codes are its options in order, others' are groups of the same value."""
    if one.type == FieldType.YES_NO:
        return [False, True], [int(label is True) for label in labels]
    if classes(one) != OPEN:
        kinds: list[Label] = [option.value for option in one.options]
        return kinds, [kinds.index(label) for label in labels]
    has_bound = one.compare is not None and (one.compare.tolerance is not None or one.compare.threshold is not None)
    return grouped(labels, weights, (lambda x, y: near(one, x, y)) if has_bound else None)


def _accuracies(votes: Sequence[Vote], method: Method) -> Floats:
    if method == "toloka-basic":
        return np.array([skill(vote.golden_right, vote.golden_total) for vote in votes])
    return np.array([vote.accuracy for vote in votes])


def _weights(one: AnswerField, votes: Sequence[Vote], method: Method) -> list[float]:
    """What each vote weighs in a share, and where values are brought together; if nobody's counts, all alike."""
    if method == "majority" or (method not in SHARES and classes(one) != OPEN):
        return [1.0] * len(votes)
    accuracies = _accuracies(votes, method)
    weights: list[float] = (accuracies if method == "weighted" else log_weights(accuracies, OPEN_SET_SIZE)).tolist()
    return weights if any(weights) else [1.0] * len(votes)


def _tally(one: AnswerField, votes: Sequence[Vote], codes: Sequence[int], method: Method) -> Tally:
    count = classes(one)
    matrices = [vote.confusion.get(one.name) for vote in votes] if method == "dawid-skene" and count != OPEN else []
    return tally(codes, [vote.accuracy for vote in votes], count, confusions=matrices)


def _shares(
    one: AnswerField, votes: Sequence[Vote], codes: Sequence[int], weights: Sequence[float], method: Method, tallied: Tally
) -> Floats:
    """The probability of every code, or its share of the weight."""
    length = max(codes) + 1
    if method == "toloka-basic":
        return toloka_basic(codes, _accuracies(votes, method), set_size(classes(one), length))
    if method in SHARES:
        shares: Floats = np.bincount(codes, weights, minlength=length) / sum(weights)
        return shares
    return tallied.shares


def _value(
    one: AnswerField, votes: Sequence[Vote], labels: Sequence[Label], weights: Sequence[float], centre: Label
) -> JsonValue:
    """The value that stands for a group: of numbers the weighted median, of sets what most have, of texts the centre."""
    values = [vote.answer[one.name] for vote in votes]
    if one.type == FieldType.CHOICES:
        total = sum(weights)
        shares = {
            option.value: sum(
                w for label, w in zip(labels, weights, strict=True) if isinstance(label, frozenset) and option.value in label
            )
            for option in one.options
        }
        return [option for option, weight in shares.items() if weight > total / 2 + TIE]
    if one.type == FieldType.NUMBER:
        centre = weighted_median([label for label in labels if isinstance(label, float)], weights)
    at_centre = [i for i, label in enumerate(labels) if label == centre]
    texts = [values[i] for i in at_centre]
    if all(isinstance(text, str) for text in texts):
        return heaviest([str(text) for text in texts], [weights[i] for i in at_centre])
    return min(texts, key=repr)


def _author(one: AnswerField, votes: Sequence[Vote], standings: Sequence[Standing]) -> Vote | None:
    agreeing = [vote for vote, standing in zip(votes, standings, strict=True) if standing.agrees and one.name in vote.answer]
    return max(agreeing, key=lambda vote: (vote.accuracy, str(vote.answer[one.name])), default=None)
