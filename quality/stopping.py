"""Dynamic overlap: whether a task has answers enough."""

from enum import StrEnum

from piecework.quality.consensus import Consensus
from piecework.tasks.workflows import StepSpec


class More(StrEnum):
    """stop: the consensus stands · ask: one more answer · curator: no more may be asked for, and the answers do not agree."""

    STOP = "stop"
    ASK = "ask"
    CURATOR = "curator"


def whether_more(step: StepSpec, price: int, answers: int, overlap: int, consensus: Consensus) -> More:
    """One more answer is asked for while the consensus is less sure than the step's target, up to its maximum and cost ceiling.

    `overlap` counts the answers asked for so far, `price` is what one costs, in money units. A step of one answer has nothing to
    compare it with: it stops.
    """
    if step.most_answers == 1 or (consensus.result is not None and consensus.confidence >= step.confidence):
        return More.STOP
    ceiling = step.checking.cost_ceiling
    if answers < step.most_answers and (ceiling is None or price * (overlap + 1) <= ceiling):
        return More.ASK
    return More.CURATOR
