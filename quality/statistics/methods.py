"""Every consensus method behind one function: `aggregate(answers, method)`.

| method | a person is | in use for |
|---|---|---|
| majority | one vote | a baseline; what all others are compared with |
| weighted | their agreement with the majority, once | a vote that is easy to explain |
| one-coin | one accuracy | sparse answers, many classes, free text |
| dawid-skene | a confusion matrix | skewed classes, people who confuse them in their own ways |
| ebcc | a confusion matrix for each of two kinds of tasks | tasks on which many are wrong together |
| glad | an ability; a task has a difficulty | tasks of very different difficulty |
| auto | whatever the answers bear out (see `choose`) | everything else |

Known truths (golden tasks, audits) are certain in all of them, and evidence about people.
"""

from collections.abc import Callable

import numpy as np

from piecework.quality.statistics import choose, coin, dawidskene, glad, majority, onecoin
from piecework.quality.statistics.beta import ACCURACY_PRIOR
from piecework.quality.statistics.data import Aggregate, Answers
from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.people import overlap_sums
from piecework.quality.statistics.table import Table, leaders, softmax
from piecework.quality.statistics.vote import Floats, log_weights, weighted_count


def aggregate(data: Answers, method: str = "auto") -> Aggregate:
    """The consensus of all tasks and what it says of people, by one of `METHODS`.

    Time and memory grow with the answers times the classes.

    Raises:
        ValueError: there is no such method, or the tasks have too many classes for it.
    """
    if method not in METHODS:
        raise ValueError(f"there is no method {method}; there are {', '.join(METHODS)}")
    return METHODS[method](data)


def _majority(data: Answers) -> Aggregate:
    """Equal votes: the share of the others' votes is no probability, so whether answers are right comes from equal coins."""
    equal = _coins(data.without_truth(), "majority", rounds=0)
    truth = data.truth[data.task]
    right = np.where(truth == UNKNOWN, equal.right, data.label == truth)
    if data.fits_dense:
        table = Table(data)
        return _made("majority", table, majority.fit(table), right[table.order])
    label = np.where(data.truth == UNKNOWN, equal.label, data.truth)
    confidence = np.where(data.truth == UNKNOWN, equal.confidence, 1.0)
    return Aggregate("majority", label, confidence, None, right, _accuracy(data, right))


def _weighted(data: Answers) -> Aggregate:
    return _coins(data, "weighted", rounds=1)


def _one_coin(data: Answers) -> Aggregate:
    return _coins(data, "one-coin", rounds=200)


def _dawid_skene(data: Answers) -> Aggregate:
    return _matrices(data, "dawid-skene", kinds=1)


def _ebcc(data: Answers) -> Aggregate:
    return _matrices(data, "ebcc", kinds=choose.KINDS)


def _glad(data: Answers) -> Aggregate:
    table = Table(data)
    fitted = glad.fit(table)
    return _made("glad", table, fitted.posterior, fitted.right)


def _auto(data: Answers) -> Aggregate:
    if not data.fits_dense:
        return _coins(data, "auto", rounds=200)
    table = Table(data)
    return _made("auto", table, *choose.fit(table), confused=True)


METHODS: dict[str, Callable[[Answers], Aggregate]] = {
    "auto": _auto,
    "majority": _majority,
    "weighted": _weighted,
    "one-coin": _one_coin,
    "dawid-skene": _dawid_skene,
    "ebcc": _ebcc,
    "glad": _glad,
}


def _matrices(data: Answers, method: str, *, kinds: int) -> Aggregate:
    """Confusion matrices whose priors and start come from one coin a person."""
    table = Table(data)
    belief = choose.BELIEFS[0]
    coins = coin.fit(table, class_weight=choose.EVEN).posterior
    start = table.shares() if kinds == 1 else dawidskene.split(table, coins, kinds, by="agreement")
    fitted = dawidskene.fit(table, belief.prior(table, coins), start)
    return _made(method, table, fitted.posterior, fitted.right(table), confused=True, evidence=fitted.evidence)


def _coins(data: Answers, method: str, *, rounds: int) -> Aggregate:
    """`onecoin.fit`, stopped after some rounds: none is a majority vote, one a vote weighted by agreement with it."""
    fitted = onecoin.fit(
        data.task,
        data.worker,
        data.label,
        np.full(data.tasks, data.classes),
        truth=data.truth,
        workers=data.workers,
        max_iterations=rounds,
    )
    posterior = None
    if data.fits_dense and data.tasks:
        table = Table(data)
        weight = log_weights(fitted.weight_accuracy, data.classes)
        posterior = np.ascontiguousarray(table.clamped(softmax(table.sums(weight[table.worker]))).T)
    right = fitted.probability_right
    return Aggregate(method, fitted.label, fitted.confidence, posterior, right, _accuracy(data, right))


def _made(
    method: str, table: Table, posterior: Floats, right: Floats, *, confused: bool = False, evidence: float | None = None
) -> Aggregate:
    """The aggregate of a posterior (K, T) and the sorted probabilities that answers are right."""
    label, confidence = leaders(posterior, table)
    judged = table.unsorted(right)
    confusion = table.confusion(posterior, choose.BELIEFS[0].prior(table, posterior)) if confused else None
    accuracy = _accuracy(table.data, judged)
    return Aggregate(
        method, label, confidence, np.ascontiguousarray(posterior.T), judged, accuracy, confusion=confusion, evidence=evidence
    )


def _accuracy(data: Answers, right: Floats) -> Floats:
    """(W,) Posterior means, from the known truths and from the others' judgement of the other answers."""
    golden = data.truth[data.task] != UNKNOWN
    hits = weighted_count(data.worker[golden], right[golden], data.workers)
    asked = np.bincount(data.worker[golden], minlength=data.workers)
    size = np.full(right.size - int(golden.sum()), data.classes)
    overlap = overlap_sums(data.worker[~golden], right[~golden], size, workers=data.workers)
    found: Floats = (ACCURACY_PRIOR.alpha + hits + overlap[0]) / (ACCURACY_PRIOR.weight + asked + sum(overlap))
    return found
