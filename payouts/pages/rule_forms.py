"""The settings of each kind of pay rule as a form has them: percentages as per cent, amounts as decimals, lists as they are chosen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel

from piecework.payouts.rules import kinds
from piecework.platform import money
from piecework.platform.errors import Invalid
from piecework.platform.pages.view import N_
from piecework.platform.said import Said

SPECS: Mapping[str, type[BaseModel]] = {
    "night": kinds.Night,
    "weekend": kinds.Weekend,
    "holiday": kinds.Holiday,
    "language": kinds.SecondLanguage,
    "line": kinds.SecondLine,
    "level": kinds.Level,
    "quality_band": kinds.QualityBand,
    "above_norm": kinds.AboveNorm,
    "kpi": kinds.Kpi,
    "mentor": kinds.Mentor,
    "training": kinds.Training,
    "deduction": kinds.Deduction,
}
HUNDREDTHS = 100
MOST_PERCENT = 1_000_000
"""More than any rule takes: what is larger is not turned into a number at all."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: how it is asked for."""

    title: str
    form: str
    """percent, amount, number, text, words, list, days, bands, scale, span."""
    hint: str = ""


SETTINGS: Mapping[str, Setting] = {
    "percent": Setting(N_("Per cent"), "percent", N_("Either this or a fixed amount.")),
    "fixed": Setting(N_("Fixed amount"), "amount"),
    "amount": Setting(N_("Amount"), "amount"),
    "currency": Setting(N_("Currency"), "text"),
    "since": Setting(N_("From, by the person’s clock"), "text", N_("Such as 22:00.")),
    "until": Setting(N_("Until, by the person’s clock"), "text", N_("Such as 06:00; past midnight if it is earlier.")),
    "days": Setting(N_("Days of the week"), "days", N_("1 is Monday, 7 is Sunday; such as 6 7.")),
    "country": Setting(N_("Country of the calendar"), "text", N_("Two letters, such as RU.")),
    "counts": Setting(N_("Which days count"), "list", N_("statutory, moved, custom: those that count, with spaces between.")),
    "languages": Setting(N_("Languages"), "list", N_("Two letters each, with spaces between.")),
    "from_line": Setting(N_("From which line on"), "number"),
    "from_level": Setting(N_("From which level on"), "number"),
    "span": Setting(N_("For which span"), "span"),
    "settle_hours": Setting(N_("Hours after its end until it is reckoned"), "number"),
    "bands": Setting(N_("Bands"), "bands", N_("A line for each: accuracy and bonus in per cent, such as 90 5.")),
    "minimum_answers": Setting(N_("Judged answers at least"), "number"),
    "minimum_volume": Setting(N_("Answers at least"), "number"),
    "volume": Setting(N_("Volume"), "scale", N_("Weight, floor and target in answers, such as 50 100 400.")),
    "speed": Setting(
        N_("Speed"), "scale", N_("Weight, floor and target in 1/10,000 of the usual time; the target is the lower one.")
    ),
    "quality": Setting(N_("Quality"), "scale", N_("Weight, floor and target in 1/10,000.")),
    "satisfaction": Setting(N_("Satisfaction"), "scale", N_("Weight, floor and target in 1/10,000 of a mark from 1 to 5.")),
    "most": Setting(N_("At most so many in a span"), "number"),
    "case_percent": Setting(
        N_("At most per cent of the answer’s price"), "percent", N_("Either this or a fixed amount per case.")
    ),
    "case_fixed": Setting(N_("At most per case"), "amount"),
    "period_percent": Setting(N_("At most per cent of a period’s pay"), "percent"),
    "evidence_wanted": Setting(N_("Which evidence is wanted"), "words"),
    "group": Setting(N_("Group"), "text", N_("Of the rules of one group only the greatest counts.")),
}


def asked(kind: str) -> Mapping[str, Setting]:
    """The settings of a kind in the order in which they are asked for."""
    fields = [name for name in SPECS[kind].model_fields if name != "kind"]
    return {name: SETTINGS[name] for name in sorted(fields, key=lambda name: list(SETTINGS).index(name))}


def typed(kind: str, spec: BaseModel | None) -> dict[str, str]:
    """What the form shows of a rule's settings, or of the defaults of its kind."""
    return {name: _write(one.form, _present(kind, name, spec)) for name, one in asked(kind).items()}


def _present(kind: str, name: str, spec: BaseModel | None) -> Any:
    if spec is not None:
        return getattr(spec, name)
    field = SPECS[kind].model_fields[name]
    return None if field.is_required() else field.get_default(call_default_factory=True)


def _write(form: str, value: Any) -> str:
    return "" if value is None else WRITERS.get(form, str)(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def read(kind: str, given: Mapping[str, str]) -> dict[str, Any]:
    """A rule's settings as they were typed; what was left empty is not set.

    Raises:
        Invalid: something cannot be read; the rule's own shape judges the rest.
    """
    spec: dict[str, Any] = {"kind": kind}
    errors = []
    for name, one in asked(kind).items():
        text = given.get(name, "").strip()
        if not text:
            continue
        try:
            spec[name] = READERS.get(one.form, str)(text)
        except (ValueError, InvalidOperation):
            errors.append({"field": f"spec.{name}", "code": "string_pattern_mismatch", "message": Said("It cannot be read.")})
    if errors:
        raise Invalid(errors=errors)
    return spec


def _percent(text: str) -> int:
    percent = Decimal(text.replace(",", ".").removesuffix("%").strip())
    if not percent.is_finite() or percent.copy_abs() > MOST_PERCENT:
        raise ValueError(text)
    value = percent * HUNDREDTHS
    if value != value.to_integral():
        raise ValueError(text)
    return int(value)


def _amount(text: str) -> str:
    return text.replace(",", ".").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")


def _bands(text: str) -> Sequence[Mapping[str, int]]:
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return [{"accuracy": _percent(accuracy), "percent": _percent(percent)} for accuracy, percent in rows]


def _scale(text: str) -> Mapping[str, int]:
    weight, floor, target = (int(part) for part in text.split())
    return {"weight": weight, "floor": floor, "target": target}


READERS: Mapping[str, Callable[[str], Any]] = {
    "percent": _percent,
    "amount": _amount,
    "number": int,
    "list": str.split,
    "days": lambda text: [int(part) for part in text.split()],
    "bands": _bands,
    "scale": _scale,
}
WRITERS: Mapping[str, Callable[[Any], str]] = {
    "percent": lambda value: _plain(Decimal(value) / HUNDREDTHS),
    "amount": lambda value: _plain(Decimal(money.text(value))),
    "list": " ".join,
    "days": lambda value: " ".join(str(one) for one in value),
    "bands": lambda value: "\n".join(
        f"{_plain(Decimal(one.accuracy) / HUNDREDTHS)} {_plain(Decimal(one.percent) / HUNDREDTHS)}" for one in value
    ),
    "scale": lambda value: f"{value.weight} {value.floor} {value.target}",
}
