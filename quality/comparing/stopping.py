"""Dynamic overlap: whether a task has answers enough, by its step's target, maximum and cost ceiling."""

import math

from piecework.quality.comparing.consensus import Consensus
from piecework.quality.statistics.stopping import Next, Overlap, by_confidence
from piecework.tasks.workflows import StepSpec


def whether_more(step: StepSpec, price: int, answers: int, consensus: Consensus) -> Next:
    """STOP, ASK one more person, or hand the task to a CURATOR; `price` is what one answer costs, in money units.

    A step of one answer has nothing to compare it with: it stops.
    """
    if step.most_answers == 1:
        return Next.STOP
    ceiling = math.inf if step.checking.cost_ceiling is None else step.checking.cost_ceiling
    rule = Overlap(step.overlap, step.most_answers, step.confidence, price, ceiling)
    return by_confidence(0.0 if consensus.result is None else consensus.confidence, answers, rule)
