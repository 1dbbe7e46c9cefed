"""Whether a golden task's key is itself wrong: judged by the people who answered it, as far as they are known to be good."""

from collections.abc import Sequence
from math import prod

from piecework.quality.comparison import verdicts
from piecework.quality.consensus import Vote
from piecework.quality.truths import Known
from piecework.tasks.fields import AnswerField

KEY_RIGHT = 0.97
"""How often a key is right beforehand: curators err too."""


def key_is_doubtful(fields: Sequence[AnswerField], votes: Sequence[Vote], known: Sequence[Known]) -> bool:
    """True if the answers leave the key less likely right than one other answer.

    Bayes' rule on two hypotheses, the key and its strongest rival: who said either multiplies its odds by a / (1 - a), with a their
    accuracy (the further factor K - 1 of a step with K classes cancels between the two). A rival needs two people: one good person
    may err, and scattered mistakes tell of a hard task, not of a wrong key.
    """
    odds = KEY_RIGHT / (1 - KEY_RIGHT)
    rivals: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for vote in votes:
        accuracy = min(max(vote.accuracy, 0.5), 0.99)
        if any(all(verdicts(fields, vote.answer, one.answer).values()) for one in known):
            odds *= accuracy / (1 - accuracy)
        else:
            compared = sorted(verdicts(fields, vote.answer, known[0].answer))
            rivals.setdefault(tuple((name, repr(vote.answer.get(name))) for name in compared), []).append(accuracy)
    strongest = max((prod(a / (1 - a) for a in found) for found in rivals.values() if len(found) > 1), default=0.0)
    return strongest > odds
