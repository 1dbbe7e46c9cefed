"""One worked example of every kind of rule that adds to pay. docs/payouts.md has the same table: rule, evidence, sum.

`PREMIUMS`: what the rule says · what happened · how it is reckoned, in the currency's units. `BONUSES` likewise, for a span of time.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest

from piecework.payouts.adjusting.reckoning import reckon
from piecework.payouts.rules import kinds
from piecework.payouts.rules.calendar import Calendar
from piecework.payouts.rules.kinds import BONUS_SPEC, PREMIUM_SPEC
from piecework.payouts.rules.premiums import PremiumRule, evaluate
from piecework.platform import money
from piecework.tasks.measures import Recorded
from tests.payouts.works import CLAIMED, at, work_of


@dataclass(frozen=True)
class Example:
    """A rule, what happened, and what it gives."""

    spec: dict[str, Any]
    happened: str
    reckoning: str
    gives: str
    work: dict[str, Any] = field(default_factory=dict)
    earned: str = ""
    measured: dict[str, tuple[int | None, dict[str, Any]]] = field(default_factory=dict)


PREMIUMS = {
    "night": Example(
        {"kind": "night", "percent": 2_000},
        "Price 2.50, accepted in full; submitted at 23:30 by the person's clock (Vladivostok; 16:30 in Moscow)",
        "2.50 x 20 %",
        "0.50",
        {"price": 25_000, "submitted_at": at("2026-11-18T13:30+00:00"), "zone": "Asia/Vladivostok"},
    ),
    "weekend": Example(
        {"kind": "weekend", "percent": 1_500},
        "Price 3.33, accepted in full; submitted on Saturday at 00:10 in Moscow (still Friday in UTC)",
        "3.33 x 15 % = 0.4995",
        "0.4995",
        {"price": 33_300, "submitted_at": at("2026-11-20T21:10+00:00")},
    ),
    "holiday": Example(
        {"kind": "holiday", "percent": 10_000},
        "Price 2.50, 75 % of it accepted: 1.875; submitted on 4 November, a statutory holiday in the calendar",
        "1.875 x 100 %",
        "1.875",
        {"price": 25_000, "earned": 18_750, "submitted_at": at("2026-11-04T12:00+00:00")},
    ),
    "language": Example(
        {"kind": "language", "languages": ["en", "kk"], "percent": 1_000},
        "Price 2.505, accepted in full; the ticket is in Kazakh",
        "2.505 x 10 % = 0.2505",
        "0.2505",
        {"price": 25_050, "language": "kk"},
    ),
    "line": Example(
        {"kind": "line", "fixed": "1.00"},
        "Price 6.00, half of it accepted: 3.00; a step of the second line",
        "1.00 x 3.00 / 6.00",
        "0.50",
        {"price": 60_000, "earned": 30_000, "line": 2},
    ),
    "level": Example(
        {"kind": "level", "from_level": 3, "percent": 333},
        "Price 0.0150, accepted in full; claimed at level 3 of the step's qualification",
        "0.0150 x 3.33 % = 0.0004995, half a unit (0.00005) and more goes up",
        "0.0005",
        {"price": 150, "level": 3},
    ),
}

BONUSES = {
    "quality_band": Example(
        {"kind": "quality_band", "bands": [{"accuracy": 9_000, "percent": 300}, {"accuracy": 9_500, "percent": 700}]},
        "Earned 12,345.67 in November; lower bound of the accuracy 0.93 from 240 judged answers: the band from 0.90",
        "12,345.67 x 3 % = 370.3701",
        "370.3701",
        earned="12345.67",
        measured={"volume": (400, {}), "quality": (9_300, {"answers": 240})},
    ),
    "above_norm": Example(
        {"kind": "above_norm", "fixed": "0.50"},
        "430 answers accepted in the week, the contract's norm is 400",
        "30 x 0.50",
        "15.00",
        earned="1075.00",
        measured={"volume": (430, {"answers": 430}), "norm": (30, {"answers": 430, "weekly_norm": 400})},
    ),
    "kpi": Example(
        {
            "kind": "kpi",
            "percent": 1_000,
            "minimum_volume": 100,
            "volume": {"weight": 30, "floor": 500, "target": 1_500},
            "speed": {"weight": 20, "floor": 12_000, "target": 8_000},
            "quality": {"weight": 40, "floor": 9_000, "target": 9_800},
            "satisfaction": {"weight": 10, "floor": 40_000, "target": 50_000},
        },
        "Earned 20,000.00 in November; 1,200 answers (score 0.7), usual time x 0.9 (0.75), accuracy 0.96 (0.75), mean mark 4.6 (0.6)",
        "score 0.30 x 0.7 + 0.20 x 0.75 + 0.40 x 0.75 + 0.10 x 0.6 = 0.72; 20,000.00 x 10 % x 0.72",
        "1440.00",
        earned="20000.00",
        measured={
            "volume": (1_200, {}),
            "speed": (9_000, {}),
            "quality": (9_600, {"answers": 300}),
            "satisfaction": (46_000, {"tickets": 50}),
        },
    ),
    "mentor": Example(
        {"kind": "mentor", "amount": "750.00"},
        "Two weeks of one mentee at their training, one week of another",
        "3 x 750.00",
        "2250.00",
        measured={"mentoring": (3, {})},
    ),
    "training": Example(
        {"kind": "training", "amount": "300.00"},
        "Two units of training confirmed",
        "2 x 300.00",
        "600.00",
        measured={"training": (2, {})},
    ),
    "review": Example(
        {"kind": "review", "amount": "4.00", "most": 100},
        "Of the second line: 90 audits, 15 settled disputes; at most 100 count",
        "100 x 4.00",
        "400.00",
        measured={"review": (105, {})},
    ),
}


class TestPremiums:
    HOLIDAY: ClassVar = Calendar({("RU", date(2026, 11, 4)): [(CLAIMED - timedelta(days=90), "statutory")]})

    @pytest.mark.parametrize("kind", PREMIUMS)
    def test_the_example_of_each_kind(self, kind: str) -> None:
        example = PREMIUMS[kind]
        rule = PremiumRule(uuid4(), kind, None, PREMIUM_SPEC.validate_python(example.spec), CLAIMED - timedelta(days=30), None)
        work = work_of(**example.work)
        (premium,) = evaluate([work], [rule], self.HOLIDAY)
        assert (premium.assignment_id, premium.rule_id) == (work.assignment_id, rule.id)
        assert premium.amount == money.parse(example.gives)

    @pytest.mark.parametrize("kind", PREMIUMS)
    def test_an_ordinary_answer_gets_nothing(self, kind: str) -> None:
        rule = PremiumRule(uuid4(), kind, None, PREMIUM_SPEC.validate_python(PREMIUMS[kind].spec), CLAIMED, None)
        assert evaluate([work_of()], [rule], self.HOLIDAY) == []

    def test_every_kind_has_one(self) -> None:
        assert (*PREMIUMS, *BONUSES) == (*kinds.PREMIUM_KINDS, *kinds.BONUS_KINDS)


class TestBonuses:
    @pytest.mark.parametrize("kind", BONUSES)
    def test_the_example_of_each_kind(self, kind: str) -> None:
        example = BONUSES[kind]
        measured = {name: Recorded((uuid4(),), value, evidence) for name, (value, evidence) in example.measured.items()}
        earned = {"RUB": money.parse(example.earned)} if example.earned else {}
        given = reckon(BONUS_SPEC.validate_python(example.spec), earned, measured)
        assert given is not None
        assert [(one.currency, one.amount) for one in given] == [("RUB", money.parse(example.gives))]
        assert {UUID(one) for one in given[0].evidence["measures"]} <= {one.ids[0] for one in measured.values()}


def test_the_guide_shows_these_examples() -> None:
    text = (Path(__file__).parents[3] / "docs" / "payouts.md").read_text()
    for kind, one in (PREMIUMS | BONUSES).items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{kind}` |")]
        assert one.happened in row
        assert one.reckoning in row
        assert f"**{one.gives}**" in row
