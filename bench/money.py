"""python -m bench.money --cases 1000000: random splits, premiums, reversals and tax years; the residual of each kind must be 0.

A case returns what is left over in 1/100 kopeck: the difference between money that must be equal. Exactness against fractions is checked
beside it: no part is a unit or more away from its exact share, no premium more than half a unit.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import orjson

from piecework.payouts.books.ledger import LedgerAccount, move
from piecework.payouts.rules.calendar import Calendar
from piecework.payouts.rules.kinds import PREMIUM_SPEC, WHOLE
from piecework.payouts.rules.premiums import PremiumRule, amount, evaluate
from piecework.payouts.rules.rounding import half_up
from piecework.payouts.rules.work import Work
from piecework.payouts.taxes.tables import Regime, Table, TaxSpec
from piecework.payouts.taxes.withholding import tax_due, tax_on
from piecework.platform.money import KOPECK, UNIT, largest_remainder

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 365 * 24 * 60
MOST = 10**10
ZONES = ("UTC", "Europe/Moscow", "Asia/Vladivostok", "America/St_Johns", "Europe/Berlin")
LANGUAGES = ("ru", "en", "kk")
CALENDAR = Calendar({("RU", date(2026, month, 1)): [(BEGINS, "statutory")] for month in range(1, 13)})
PERSON = LedgerAccount("payable", "person")
EXPENSE = LedgerAccount("task_expense", "project")
HELD = LedgerAccount("held", "person")
PENDING = LedgerAccount("pending", "person")

Case = Callable[[random.Random], int]


def rules(chance: random.Random, count: int) -> list[PremiumRule]:
    """Random rules, all in force."""
    kinds: tuple[dict[str, object], ...] = (
        {"kind": "night"},
        {"kind": "weekend"},
        {"kind": "holiday"},
        {"kind": "language", "languages": ["en", "kk"]},
        {"kind": "line"},
        {"kind": "level", "from_level": 2},
    )
    made = []
    for n in range(count):
        fixed = chance.randint(1, 50_000)
        pay = (
            {"percent": chance.randint(1, 30_000)}
            if chance.random() < 0.7
            else {"fixed": f"{fixed // 10_000}.{fixed % 10_000:04}"}
        )
        spec = PREMIUM_SPEC.validate_python(chance.choice(kinds) | {"group": chance.choice("abcd")} | pay)
        made.append(PremiumRule(UUID(int=n), f"rule-{n}", None, spec, BEGINS, None))
    return made


RULES = rules(random.Random(0), 200)


def work(chance: random.Random) -> Work:
    """A random answer, accepted in full."""
    price = int(10 ** chance.uniform(0, 9))
    claimed = BEGINS + timedelta(minutes=chance.randrange(MINUTES))
    return Work(
        assignment_id=UUID(int=0),
        freelancer_id=UUID(int=1),
        project_id=UUID(int=2),
        currency="RUB",
        step_key="step",
        line=chance.randint(1, 3),
        level=chance.randint(1, 4),
        language=chance.choice(LANGUAGES),
        price=price,
        earned=price,
        claimed_at=claimed,
        submitted_at=claimed + timedelta(minutes=chance.randrange(600)),
        zone=chance.choice(ZONES),
    )


def with_share(whole: Work, share: int) -> Work:
    """The same answer with a part of it accepted."""
    fields = {name: getattr(whole, name) for name in Work.__dataclass_fields__}
    return Work(**fields | {"earned": half_up(whole.price * share, WHOLE)})


def split(chance: random.Random) -> int:
    """An amount split by weights: the parts sum to it."""
    total = chance.randint(-MOST, MOST)
    weights = [chance.randint(0, 10 ** chance.randint(0, 6)) for _ in range(chance.randint(1, 12))]
    weights[chance.randrange(len(weights))] += 1
    parts = largest_remainder(total, weights)
    whole = sum(weights)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))
    return sum(parts) - total


def premium(chance: random.Random) -> int:
    """Premiums of an answer whose accepted share grows: what was added step by step is what the whole gives at once."""
    whole, some = work(chance), chance.sample(RULES, 5)
    posted: Counter[UUID] = Counter()
    for share in [*sorted(chance.randint(1, WHOLE) for _ in range(2)), WHOLE]:
        partly = with_share(whole, share)
        for one in evaluate([partly], some, CALENDAR):
            assert one.amount >= posted[one.rule_id]
            posted[one.rule_id] += one.amount - posted[one.rule_id]
    at_once = {one.rule_id: one.amount for one in evaluate([whole], some, CALENDAR)}
    for rule in some:
        if rule.id in at_once:
            exact = (
                Fraction(whole.earned * rule.spec.percent, WHOLE)
                if rule.spec.percent is not None
                else Fraction(rule.spec.fixed or 0)
            )
            assert abs(at_once[rule.id] - exact) <= Fraction(1, 2)
    return sum(posted.values()) - sum(at_once.values())


def reversal(chance: random.Random) -> int:
    """Accepted in part, premiums, held, some of it taken back, all of it restored: every account ends where the books say."""
    whole = with_share(work(chance), chance.randint(1, WHOLE))
    given = [whole.earned] + [amount(rule.spec, whole.price, whole.earned) for rule in chance.sample(RULES, 3)]
    fates = [chance.choice(("released", "taken back", "restored")) for _ in given]
    legs = [*move(whole.price, EXPENSE, PENDING), *move(whole.price - whole.earned, PENDING, EXPENSE)]
    legs += move(whole.earned, PENDING, HELD)
    for added in given[1:]:
        legs += move(added, EXPENSE, HELD)
    for part, fate in zip(given, fates, strict=True):
        legs += move(part, HELD, PERSON if fate == "released" else EXPENSE)
        legs += move(part, EXPENSE, PERSON) if fate == "restored" else ()
    sums: Counter[LedgerAccount] = Counter()
    for account, moved in legs:
        sums[account] += moved
    due = sum(part for part, fate in zip(given, fates, strict=True) if fate != "taken back")
    return abs(sums[PERSON] + due) + abs(sums[EXPENSE] - due) + abs(sums[PENDING]) + abs(sums[HELD])


RESIDENT = Table(
    UUID(int=1),
    Regime.INDIVIDUAL,
    date(2025, 1, 1),
    TaxSpec.model_validate(
        {
            "brackets": [
                {"above": f"{above}.0000", "rate": rate}
                for above, rate in ((0, 1300), (2_400_000, 1500), (5_000_000, 1800), (20_000_000, 2000), (50_000_000, 2200))
            ],
            "note": "resident",
        }
    ),
)


def tax_year(chance: random.Random) -> int:
    """A year's income paid in pieces of a rouble and more: what is withheld of them sums to the tax on the whole, in whole roubles."""
    most = chance.choice((10**3, 10**6, 10**8))
    pieces = [chance.randint(100, most) * KOPECK for _ in range(chance.randint(1, 24))]
    income = withheld = 0
    for piece in pieces:
        now = tax_due(RESIDENT, income, piece, withheld)
        assert now % UNIT == 0
        assert 0 <= now <= piece
        income, withheld = income + piece, withheld + now
    exact = sum(Fraction((min(income, above) - low) * rate, WHOLE) for low, above, rate in TAXED if low < income)
    assert abs(withheld - exact) <= Fraction(UNIT, 2)
    return withheld - tax_on(RESIDENT, income)


_BOUNDS = [one.above for one in RESIDENT.spec.brackets]
TAXED = list(zip(_BOUNDS, [*_BOUNDS[1:], 10**18], [one.rate for one in RESIDENT.spec.brackets], strict=True))

CASES: dict[str, Case] = {"split": split, "premium": premium, "reversal": reversal, "tax": tax_year}


def run(cases: int, seed: int) -> dict[str, dict[str, float]]:
    """So many cases in all, in turn of each kind; the sum of residuals' magnitudes and the seconds taken, by kind."""
    found = {}
    for name, case in CASES.items():
        chance = random.Random(f"{name}:{seed}")
        count = -(-cases // len(CASES))
        began = time.perf_counter()
        residual = sum(abs(case(chance)) for _ in range(count))
        found[name] = {"cases": count, "residual": residual, "seconds": round(time.perf_counter() - began, 1)}
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result = run(arguments.cases, arguments.seed)
    print(orjson.dumps(result).decode())
    raise SystemExit(any(one["residual"] for one in result.values()))
