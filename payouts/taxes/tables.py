"""Tax tables: what each regime withholds, by calendar years. They are data that finance adds to, never constants in code.

A table is valid from 1 January of a year until the next one of its regime: new rules of a tax that is reckoned by the year begin with
a year (Tax Code, article 5, paragraph 1). Before that day a newer version may take its place; from that day on it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.payouts.taxes.days import today
from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.money import AmountIn
from piecework.platform.said import Said, ours
from piecework.platform.web.operation import Shape

WHOLE = 10_000
"""All of it: rates are in 1/10,000."""


class Regime(StrEnum):
    """How a person is taxed."""

    NONE = "none"
    SELF_EMPLOYED = "self_employed"
    INDIVIDUAL = "individual"
    NON_RESIDENT = "non_resident"
    OTHER_COUNTRY = "other_country"


SHIPPED = (
    ours(Said("No tax is withheld: nothing is agreed on it.")),
    ours(Said("Pays the tax on professional income personally; nothing is withheld.")),
    ours(Said("Resident: progressive, on the income of the calendar year.")),
    ours(Said("Not resident: one rate.")),
    ours(Said("Taxed abroad: nothing is withheld here.")),
)
"""The notes of the tables that ship with the product (sql/taxes.sql)."""

WITHHOLDING = frozenset({Regime.INDIVIDUAL, Regime.NON_RESIDENT})
"""The regimes under which we withhold; for the others a table says why not."""


class Bracket(Shape):
    """The part of a year's income above `above`, up to the next bracket, is taxed at `rate` 1/10,000."""

    above: AmountIn = Field(ge=0)
    rate: int = Field(ge=0, le=WHOLE)


class TaxSpec(Shape):
    """What a table says. `yearly_limit`: the income up to which a self-employed person keeps the status."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "RUB"
    brackets: list[Bracket] = Field(default=[], max_length=20)
    yearly_limit: AmountIn | None = Field(default=None, gt=0)
    note: Annotated[str, StringConstraints(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Table:
    """A version of a regime's table."""

    id: UUID
    regime: Regime
    valid_from: date
    spec: TaxSpec


async def of_year(year: int) -> dict[Regime, Table]:
    """The table in force in a calendar year, of each regime that has one."""
    found = await db.rows(
        """SELECT DISTINCT ON (regime) id, regime, valid_from, spec FROM tax_table WHERE valid_from <= make_date($1, 1, 1)
           ORDER BY regime, valid_from DESC, version DESC""",
        year,
    )
    return {
        Regime(r["regime"]): Table(r["id"], Regime(r["regime"]), r["valid_from"], TaxSpec.model_validate_json(r["spec"]))
        for r in found
    }


async def listed() -> list[dict[str, Any]]:
    """Every version, newest first within a regime; the one of its year that counts has the highest version."""
    found = await db.rows(
        """SELECT id, regime, valid_from, version, spec, reason, author_id, created_at FROM tax_table
           ORDER BY regime, valid_from DESC, version DESC"""
    )
    return [dict(r) | {"spec": TaxSpec.model_validate_json(r["spec"])} for r in found]


async def add(actor: UUID | None, regime: Regime, valid_from: date, spec: TaxSpec, reason: str) -> UUID:
    """Add a table that will be valid from a 1 January to come.

    Raises:
        Invalid: the brackets do not fit the regime or each other, or valid_from is no 1 January, not in the future, or of a year in
            which a period has been closed already.
    """
    if errors := _errors(regime, spec):
        raise Invalid(errors=errors)
    await db.execute("SELECT lock_tax_rules()")
    await _check_start(valid_from)
    made: UUID = await db.scalar(
        """INSERT INTO tax_table (regime, valid_from, version, spec, reason, author_id)
           SELECT $1, $2, 1 + coalesce(max(version), 0), $3::jsonb, $4, $5 FROM tax_table WHERE regime = $1 AND valid_from = $2
           RETURNING id""",
        regime,
        valid_from,
        orjson.dumps(spec.model_dump(mode="json")).decode(),
        reason,
        actor,
    )
    await trail.record(actor, "tax_table.added", "tax_table", made, reason=reason, regime=regime, valid_from=valid_from)
    return made


async def _check_start(valid_from: date) -> None:
    """After the lock: whoever withholds by the tables of a year that begins has done so, or will see this one."""
    if (valid_from.month, valid_from.day) != (1, 1):
        raise _wrong("valid_from", "not_1_january", Said("A tax year has one table: it begins on 1 January."))
    if valid_from <= await today():
        raise _wrong("valid_from", "not_in_the_future", Said("A table never changes what has begun."))
    used = await db.scalar("SELECT max(extract(year FROM ends_at AT TIME ZONE zone))::int FROM period WHERE state = 'closed'")
    if used is not None and valid_from.year <= used:
        raise _wrong("valid_from", "year_in_use", Said("A period of %(used)s has been closed already.", used=used))


def _errors(regime: Regime, spec: TaxSpec) -> Sequence[dict[str, str | Said]]:
    found = []
    starts = [one.above for one in spec.brackets]
    if bool(starts) != (regime in WITHHOLDING):
        found.append(
            _error(
                "spec.brackets", "brackets_of_regime", Said("Brackets belong to the regimes that withhold, and only to these.")
            )
        )
    if starts and (starts[0] != 0 or any(one >= after for one, after in pairwise(starts))):
        found.append(_error("spec.brackets", "brackets_ascend", Said("Brackets begin at 0 and ascend.")))
    if (spec.yearly_limit is not None) != (regime == Regime.SELF_EMPLOYED):
        found.append(
            _error("spec.yearly_limit", "limit_of_regime", Said("A yearly limit belongs to the self-employed, and only to them."))
        )
    return found


def _error(field: str, code: str, message: str | Said) -> dict[str, str | Said]:
    return {"field": field, "code": code, "message": message}


def _wrong(field: str, code: str, message: str | Said) -> Invalid:
    return Invalid(errors=[_error(field, code, message)])
