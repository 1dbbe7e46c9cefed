"""What payouts brings to the house."""

from piecework.payouts.api import OPERATIONS
from piecework.payouts.invariants import INVARIANTS
from piecework.payouts.jobs import JOBS, SUBSCRIPTIONS
from piecework.payouts.policy import PERMISSIONS
from piecework.platform.part import Part

PART = Part(
    name="payouts",
    models=["piecework.payouts.models"],
    migrations="piecework.payouts.migrations",
    operations=OPERATIONS,
    permissions=PERMISSIONS,
    jobs=JOBS,
    subscriptions=SUBSCRIPTIONS,
    invariants=INVARIANTS,
)
