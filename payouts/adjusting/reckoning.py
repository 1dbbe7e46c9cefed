"""What a bonus rule gives one person for one span: from what they earned in it and what was measured of them, and nothing else.

All in integers, so the same evidence gives the same amount. The evidence that comes with an amount has every figure that it follows
from; its person reads it. Amounts in it are decimal strings, shares and accuracies in 1/10,000 unless their name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from piecework.payouts.rules.kinds import WHOLE, AboveNorm, BonusSpec, Kpi, Mentor, QualityBand, Review, Scale, Training
from piecework.payouts.rules.rounding import half_up
from piecework.platform import money
from piecework.tasks.measures import Recorded

WANTED = {
    "quality_band": ("volume", "quality"),
    "above_norm": ("volume", "norm"),
    "kpi": ("volume", "speed", "quality", "satisfaction"),
    "mentor": ("mentoring",),
    "training": ("training",),
    "review": ("review",),
}
"""Kind of bonus -> kinds of measures that it rests on."""
CONFIRMED = ("mentoring", "training", "review")
"""These count in the span in which they were recorded; the others are of exactly the span."""

Evidence = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """An amount in one currency, 0 if there is no bonus, and what it follows from."""

    currency: str
    amount: int
    evidence: Evidence


def reckon(spec: BonusSpec, earned: Mapping[str, int], known: Mapping[str, Recorded]) -> list[Reckoned] | None:
    """What the rule gives, by currency. `earned` is the span's earned work, by currency, `known` what is measured, by kind.

    None: the accuracy is not told yet, ask again later.
    """
    match spec:
        case AboveNorm():
            return _above_norm(spec, earned, known)
        case Mentor():
            return _each(spec, known.get("mentoring"), "mentee_weeks")
        case Training():
            return _each(spec, known.get("training"), "units")
        case Review():
            return _each(spec, known.get("review"), "reviews")
    if "quality" not in known and (isinstance(spec, QualityBand) or spec.quality is not None):
        return None
    return [
        _band(spec, currency, base, known["quality"]) if isinstance(spec, QualityBand) else _kpi(spec, currency, base, known)
        for currency, base in sorted(earned.items())
    ]


def _band(spec: QualityBand, currency: str, base: int, quality: Recorded) -> Reckoned:
    answers = quality.evidence.get("answers", 0)
    enough = quality.value is not None and answers >= spec.minimum_answers
    reached = [band for band in spec.bands if enough and quality.value is not None and band.accuracy <= quality.value]
    percent = reached[-1].percent if reached else 0
    return Reckoned(
        currency,
        half_up(base * percent, WHOLE),
        {
            "earned_work": money.text(base),
            "accuracy": quality.value,
            "accuracy_evidence": quality.evidence,
            "band_from": reached[-1].accuracy if reached else None,
            "percent": percent,
            "measures": _ids(quality),
        },
    )


def _above_norm(spec: AboveNorm, earned: Mapping[str, int], known: Mapping[str, Recorded]) -> list[Reckoned]:
    norm, volume = known.get("norm"), known.get("volume")
    if norm is None or volume is None or not norm.value or not volume.value:
        return []  # no norm was agreed, or it was not passed
    evidence = {"above_norm": norm.value, "norm_evidence": norm.evidence, "measures": _ids(norm, volume)}
    if spec.fixed is not None:
        return [Reckoned(spec.currency, spec.fixed * norm.value, {**evidence, "each": money.text(spec.fixed)})]
    assert spec.percent is not None
    return [
        Reckoned(
            currency,
            half_up(base * spec.percent * norm.value, WHOLE * volume.value),
            {**evidence, "earned_work": money.text(base), "percent": spec.percent},
        )
        for currency, base in sorted(earned.items())
    ]


def _kpi(spec: Kpi, currency: str, base: int, known: Mapping[str, Recorded]) -> Reckoned:
    volume = known["volume"].value or 0 if "volume" in known else 0
    values = {name: known[name].value for name in spec.scales if name in known}
    scores = {name: score(spec.scales[name], value) for name, value in values.items() if value is not None}
    weight = sum(spec.scales[name].weight for name in scores)
    total = sum(spec.scales[name].weight * one for name, one in scores.items()) // weight if weight else 0
    enough = volume >= spec.minimum_volume
    return Reckoned(
        currency,
        half_up(base * spec.percent * total, WHOLE * WHOLE) if enough else 0,
        {
            "earned_work": money.text(base),
            "volume": volume,
            "minimum_volume": spec.minimum_volume,
            "values": values,
            "scores": scores,
            "weights": {name: spec.scales[name].weight for name in scores},
            "score": total,
            "percent": spec.percent,
            "measures": _ids(*(known[name] for name in ("volume", *values) if name in known)),
        },
    )


def score(scale: Scale, value: int) -> int:
    """Where a value stands between floor (0) and target (10,000), linearly, cut off at both; rounded down."""
    return max(0, min(WHOLE, (value - scale.floor) * WHOLE // (scale.target - scale.floor)))


def _each(spec: Mentor | Training | Review, told: Recorded | None, name: str) -> list[Reckoned]:
    if told is None or not told.value or told.value < 0:
        return []
    evidence = {name: told.value, "at_most": spec.most, "each": money.text(spec.amount), "measures": _ids(told)}
    return [Reckoned(spec.currency, spec.amount * min(told.value, spec.most), evidence)]


def _ids(*known: Recorded) -> list[str]:
    return sorted({str(one) for recorded in known for one in recorded.ids})
