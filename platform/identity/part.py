"""The platform's own part: identity, the audit trail, notices and personal data."""

from pathlib import Path

from piecework.platform import pages
from piecework.platform.identity import account_pages, system_pages
from piecework.platform.identity.api import OPERATIONS
from piecework.platform.identity.jobs import JOBS
from piecework.platform.identity.pages import VIEWS
from piecework.platform.identity.policy import PERMISSIONS
from piecework.platform.notices import pages as notice_pages
from piecework.platform.notices.api import OPERATIONS as NOTICES
from piecework.platform.pages.view import N_, Pages
from piecework.platform.pages.words import WORDS
from piecework.platform.part import Part
from piecework.platform.personal import jobs as personal_jobs
from piecework.platform.personal import policy as personal_policy
from piecework.platform.personal.api import OPERATIONS as PERSONAL
from piecework.platform.personal.own import HINDRANCES, OWN

MENU = (*notice_pages.MENU, *account_pages.OWN_MENU, *account_pages.MENU, *system_pages.MENU)
ALL_VIEWS = (*VIEWS, *account_pages.VIEWS, *system_pages.VIEWS, *notice_pages.VIEWS)
ALL_WORDS = {kind: {**WORDS.get(kind, {}), **system_pages.WORDS.get(kind, {})} for kind in {**WORDS, **system_pages.WORDS}}

PART = Part(
    name="platform",
    models=["piecework.platform.identity.models"],
    migrations="piecework.platform.migrations",
    operations=(*OPERATIONS, *NOTICES, *PERSONAL),
    permissions={**PERMISSIONS, **personal_policy.PERMISSIONS},
    jobs=(*JOBS, *personal_jobs.JOBS),
    pages=Pages(Path(pages.__file__).parent, ALL_VIEWS, MENU, ALL_WORDS, first={"administrator": N_("System")}),
    personal=OWN,
    hindrances=HINDRANCES,
)
