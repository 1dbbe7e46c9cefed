"""Reckoning the tax of a closed period again, from its evidence only: the statements' gross, the pay terms and the tax tables."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from piecework.payouts.taxes import tables
from piecework.payouts.taxes.tables import Regime, Table
from piecework.payouts.taxes.withholding import Before, settle
from piecework.platform import db

EVIDENCE = """
SELECT s.id, s.freelancer_id, s.currency, s.gross, s.tax, s.regime, s.tax_basis, p.ends_at,
       by.year, by.terms, earlier.*
FROM statement s JOIN period p ON p.id = s.period_id
CROSS JOIN LATERAL (SELECT extract(year FROM p.ends_at AT TIME ZONE p.zone)::int AS year,
                           regime_of(s.freelancer_id, p.ends_at) AS terms OFFSET 0) by
CROSS JOIN LATERAL (
    SELECT count(*) AS statements, coalesce(sum(e.gross), 0)::bigint AS income, coalesce(sum(e.tax), 0)::bigint AS withheld FROM statement e
    WHERE e.freelancer_id = s.freelancer_id AND e.currency = s.currency AND e.regime = by.terms
      AND (e.tax_basis ->> 'year')::int = by.year
      AND (e.tax_basis ->> 'number')::int < (s.tax_basis ->> 'number')::int) earlier
WHERE s.period_id = $1 ORDER BY s.freelancer_id"""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a statement says of its tax and what its evidence says: `field` is regime, tax, or a field of the basis."""

    statement_id: UUID
    freelancer_id: UUID
    field: str
    stated: Any
    recomputed: Any


async def recompute(period_id: UUID) -> list[Difference]:
    """Every difference between the statements of a closed period and what their evidence comes to; an empty list is what should be.

    The evidence: the person's terms when the period ended, the table of the regime in that year, and the gross and tax of the
    statements that were made before, in the same tax year; of the statement's own basis only what the person was owed in all when
    that was less than the tax. Statements from before there were tax tables have no basis; they withheld nothing.
    """
    found = await db.rows(EVIDENCE, period_id)
    in_force = {year: await tables.of_year(year) for year in {r["year"] for r in found}}
    return [one for r in found for one in _compare(r, in_force[r["year"]])]


def _compare(row: Any, in_force: dict[Regime, Table]) -> list[Difference]:
    stated = {"regime": row["regime"], "tax": row["tax"]} | (basis := orjson.loads(row["tax_basis"]))
    if not basis:
        recomputed: dict[str, Any] = {"regime": Regime.NONE.value, "tax": 0}
    elif (table := in_force.get(Regime(row["terms"]))) is None:
        recomputed = {"regime": None}
    else:
        before = Before(row["statements"], row["income"], row["withheld"])
        again = settle(table, row["currency"], row["ends_at"], row["year"], before, row["gross"], basis.get("covered"))
        recomputed = {"regime": again.regime, "tax": again.amount} | again.basis
    return [
        Difference(row["id"], row["freelancer_id"], field, stated.get(field), recomputed.get(field))
        for field in sorted(stated.keys() | recomputed.keys())
        if stated.get(field) != recomputed.get(field)
    ]
