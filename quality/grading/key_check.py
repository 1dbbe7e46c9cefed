"""Whether a golden task's key is itself wrong: judged by the people who answered it, as far as they are known to be good."""

from collections.abc import Sequence
from math import exp, log

from piecework.quality.comparing.comparison import verdicts
from piecework.quality.comparing.consensus import Vote
from piecework.quality.grading.truths import Known
from piecework.tasks.fields import AnswerField

KEY_RIGHT = 0.97
"""How often a key is right beforehand: curators err too."""
LEAST, MOST = 0.5, 0.99
"""The accuracies between which a vote counts: below, it says nothing; nobody is believed entirely."""

Rival = tuple[tuple[str, str], ...]


def key_is_doubtful(fields: Sequence[AnswerField], votes: Sequence[Vote], known: Sequence[Known]) -> bool:
    """True if the answers leave the key less likely right than one other answer that two people or more gave.

    A rival needs two people: one good person may err, and scattered mistakes tell of a hard task, not of a wrong key.
    """
    key, rivals = _odds(fields, votes, known)
    return max((odds for odds, people in rivals if people > 1), default=float("-inf")) > key


def key_probability(fields: Sequence[AnswerField], votes: Sequence[Vote], known: Sequence[Known]) -> float:
    """How probably the key is right, against all answers that somebody gave instead."""
    key, rivals = _odds(fields, votes, known)
    return 1 / (1 + sum(exp(min(odds - key, 700.0)) for odds, _ in rivals))


def _odds(fields: Sequence[AnswerField], votes: Sequence[Vote], known: Sequence[Known]) -> tuple[float, list[tuple[float, int]]]:
    """Log weight of the key, and of each rival with the number of people who gave it.

    Bayes' rule: an answer's prior odds are multiplied by a / (1 - a) for each person who gave it, a their accuracy. The further
    factor K - 1 of a step with K classes, for each, is left out: with it scattered answers to hard tasks would count as proof.
    """
    key = log(KEY_RIGHT / (1 - KEY_RIGHT))
    rivals: dict[Rival, list[float]] = {}
    for vote in votes:
        accuracy = min(max(vote.accuracy, LEAST), MOST)
        weight = log(accuracy / (1 - accuracy))
        if any(all(verdicts(fields, vote.answer, one.answer).values()) for one in known):
            key += weight
        else:
            compared = sorted(verdicts(fields, vote.answer, known[0].answer))
            rivals.setdefault(tuple((name, repr(vote.answer.get(name))) for name in compared), []).append(weight)
    return key, [(sum(weights), len(weights)) for weights in rivals.values()]
