"""What quality brings to the house."""

from piecework.platform.part import Part
from piecework.quality.api import OPERATIONS
from piecework.quality.invariants import INVARIANTS
from piecework.quality.jobs import JOBS, SUBSCRIPTIONS
from piecework.quality.pages.book import PAGES
from piecework.quality.personal import HINDRANCES, PERSONAL
from piecework.quality.policy import PERMISSIONS

PART = Part(
    name="quality",
    models=["piecework.quality.models"],
    migrations="piecework.quality.migrations",
    operations=OPERATIONS,
    permissions=PERMISSIONS,
    jobs=JOBS,
    subscriptions=SUBSCRIPTIONS,
    invariants=INVARIANTS,
    pages=PAGES,
    personal=PERSONAL,
    hindrances=HINDRANCES,
)
