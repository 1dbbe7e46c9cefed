"""What payouts brings to the house."""

from collections.abc import Mapping, Sequence

from piecework.payouts.adjusting import effects
from piecework.payouts.adjusting import invariants as adjusting_invariants
from piecework.payouts.adjusting import jobs as adjusting_jobs
from piecework.payouts.api import (
    deductions,
    me,
    pay_terms,
    paying,
    payment_details,
    periods,
    policy,
    reports,
    rules,
    statements,
    tariffs,
    taxes,
    tickets,
)
from piecework.payouts.books import seals, sums
from piecework.payouts.earning import invariants as earning_invariants
from piecework.payouts.earning import jobs as earning_jobs
from piecework.payouts.invariants import INVARIANTS
from piecework.payouts.pages.book import PAGES
from piecework.payouts.payees import agreed
from piecework.payouts.paying.invariants import INVARIANTS as PAYING_INVARIANTS
from piecework.payouts.personal import HINDRANCES, PERSONAL
from piecework.payouts.policy import PERMISSIONS
from piecework.payouts.reports import jobs as reports_jobs
from piecework.payouts.rules.invariants import INVARIANTS as RULE_INVARIANTS
from piecework.payouts.tariffs.invariants import INVARIANTS as TARIFF_INVARIANTS
from piecework.payouts.taxes.invariants import INVARIANTS as TAX_INVARIANTS
from piecework.platform.part import Part


def _joined(*subscriptions: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """All subscriptions in one: several packages may take the same event."""
    events = sorted({event for one in subscriptions for event in one})
    return {event: tuple(kind for one in subscriptions for kind in one.get(event, ())) for event in events}


PART = Part(
    name="payouts",
    models=["piecework.payouts.models"],
    migrations="piecework.payouts.migrations",
    operations=(
        *periods.OPERATIONS,
        *policy.OPERATIONS,
        *statements.OPERATIONS,
        *me.OPERATIONS,
        *tickets.OPERATIONS,
        *deductions.OPERATIONS,
        *rules.OPERATIONS,
        *tariffs.OPERATIONS,
        *taxes.OPERATIONS,
        *pay_terms.OPERATIONS,
        *paying.OPERATIONS,
        *payment_details.OPERATIONS,
        *reports.OPERATIONS,
    ),
    permissions={
        **PERMISSIONS,
        **policy.PERMISSIONS,
        **statements.PERMISSIONS,
        **tickets.PERMISSIONS,
        **deductions.PERMISSIONS,
        **rules.PERMISSIONS,
        **tariffs.PERMISSIONS,
        **taxes.PERMISSIONS,
        **pay_terms.PERMISSIONS,
        **paying.PERMISSIONS,
        **payment_details.PERMISSIONS,
    },
    jobs=(*earning_jobs.JOBS, *adjusting_jobs.JOBS, *reports_jobs.JOBS, *agreed.JOBS, *seals.JOBS, *sums.JOBS, *effects.JOBS),
    subscriptions=_joined(
        earning_jobs.SUBSCRIPTIONS,
        adjusting_jobs.SUBSCRIPTIONS,
        agreed.SUBSCRIPTIONS,
    ),
    invariants=(
        *INVARIANTS,
        *earning_invariants.INVARIANTS,
        *adjusting_invariants.INVARIANTS,
        *RULE_INVARIANTS,
        *TARIFF_INVARIANTS,
        *TAX_INVARIANTS,
        *PAYING_INVARIANTS,
    ),
    personal=PERSONAL,
    hindrances=HINDRANCES,
    pages=PAGES,
)
