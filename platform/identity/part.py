"""The platform's own part: identity and the audit trail."""

from piecework.platform.identity.api import OPERATIONS
from piecework.platform.identity.jobs import JOBS
from piecework.platform.identity.policy import PERMISSIONS
from piecework.platform.part import Part

PART = Part(
    name="platform",
    models=["piecework.platform.identity.models"],
    migrations="piecework.platform.migrations",
    operations=OPERATIONS,
    permissions=PERMISSIONS,
    jobs=JOBS,
)
