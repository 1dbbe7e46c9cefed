"""Pages of what keeps the house running: the audit trail, jobs, health. Those who may read the trail may see them."""

from importlib.metadata import version
from typing import Any

import orjson
from pydantic import Field
from starlette.routing import Route

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity import api
from piecework.platform.identity.policy import ACCOUNTS_WRITE, TRAIL_READ
from piecework.platform.identity.schemas import TrailQuery
from piecework.platform.jobs import dead
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape

AT_ONCE = 50


class JobsQuery(Query):
    """Dead jobs after one."""

    after_kind: str = Field(default="", max_length=200)
    after_key: str = Field(default="", max_length=500)


class RetryForm(Shape):
    """A dead job, or all of a kind."""

    kind: str = Field(min_length=1, max_length=200)
    key: str | None = Field(default=None, max_length=500)


async def trail_page(call: Call, query: TrailQuery) -> Shown:
    """The audit trail, newest first."""
    lines = (await api.read_trail(call, query)).items
    actors = {line.actor for line in lines if line.actor is not None}
    rows = await db.rows("SELECT id, name FROM account WHERE id = ANY ($1)", sorted(actors)) if actors else []
    return {
        "lines": lines,
        "names": {row["id"]: row["name"] for row in rows},
        "query": query,
        "before": lines[-1].id if len(lines) == query.limit else None,
    }


async def jobs_page(_call: Call, query: JobsQuery) -> Shown:
    """The jobs of each kind, and the dead ones with why they died."""
    found = await dead.page((query.after_kind, query.after_key), AT_ONCE + 1)
    return {
        "kinds": await dead.summary(),
        "dead": found[:AT_ONCE],
        "last": found[AT_ONCE - 1] if len(found) > AT_ONCE else None,
    }


async def retry_jobs(call: Call, form: RetryForm) -> Go:
    """Try a dead job again, or all of a kind."""
    count = await dead.retry(form.kind, form.key)
    if not count:
        raise NotFound
    await trail.record(call.principal.account_id, "job.retried", "job", form.kind, jobs=count)
    return Go("/jobs", N_("It is tried again."))


async def health_page(call: Call) -> Shown:
    """What the machine's own check finds, and how far behind the jobs are."""
    ready = next(one for one in call.request.app.routes if isinstance(one, Route) and one.path == "/readyz")
    answer: dict[str, Any] = orjson.loads((await ready.endpoint(call.request)).body)
    kinds = await dead.summary()
    return {
        "ready": answer["status"] == "ready",
        "checks": answer["checks"],
        "due": sum(one["due"] for one in kinds),
        "dead": sum(one["dead"] for one in kinds),
        "oldest": min((one["oldest_due"] for one in kinds if one["oldest_due"]), default=None),
        "size": await db.scalar("SELECT pg_size_pretty(pg_database_size(current_database()))"),
        "since": await db.scalar("SELECT pg_postmaster_start_time()"),
        "version": version("piecework"),
    }


VIEWS = (
    View("GET", "/trail", trail_page, TRAIL_READ, N_("Audit trail"), "admin_trail.html", query=TrailQuery),
    View("GET", "/jobs", jobs_page, TRAIL_READ, N_("Jobs"), "admin_jobs.html", query=JobsQuery),
    View("POST", "/jobs/retry", retry_jobs, ACCOUNTS_WRITE, form=RetryForm),
    View("GET", "/health", health_page, TRAIL_READ, N_("Health"), "admin_health.html", transaction=False),
)
MENU = (
    Entry(N_("System"), N_("Audit trail"), "/trail", TRAIL_READ),
    Entry(N_("System"), N_("Jobs"), "/jobs", TRAIL_READ),
    Entry(N_("System"), N_("Health"), "/health", TRAIL_READ),
)
WORDS = {
    "account_state": {"active": N_("active"), "suspended": N_("suspended"), "erased": N_("erased")},
    "health_check": {
        "database": N_("Database"),
        "schema": N_("Schema of the database"),
        "bell": N_("Bell (without it jobs start a second later)"),
    },
    "field": {
        "roles": N_("Roles"),
        "state": N_("State"),
        "scopes": N_("What it may do"),
        "expires_in_days": N_("Ends after so many days"),
    },
}
