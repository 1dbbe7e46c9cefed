"""What tasks bring to the house."""

from piecework.platform.part import Part
from piecework.tasks.api import OPERATIONS
from piecework.tasks.invariants import INVARIANTS
from piecework.tasks.jobs import JOBS, SUBSCRIPTIONS
from piecework.tasks.pages.book import PAGES
from piecework.tasks.personal import HINDRANCES, PERSONAL
from piecework.tasks.policy import PERMISSIONS

PART = Part(
    name="tasks",
    models=["piecework.tasks.models"],
    migrations="piecework.tasks.migrations",
    operations=OPERATIONS,
    permissions=PERMISSIONS,
    jobs=JOBS,
    subscriptions=SUBSCRIPTIONS,
    invariants=INVARIANTS,
    personal=PERSONAL,
    hindrances=HINDRANCES,
    pages=PAGES,
)
