"""/livez, /readyz and /metrics: outside /api/v1, for the machine that runs us."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import asyncpg
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tortoise.exceptions import BaseORMException

from piecework.platform import db

JOBS = Gauge("piecework_jobs", "Jobs by kind and state.", ["kind", "state"])
OLDEST = Gauge("piecework_oldest_due_job_seconds", "Age of the oldest job that is due and not taken.")
FACTS = Gauge("piecework_facts", "Counts that the parts publish.", ["name"])

Facts = Callable[[], Awaitable[Mapping[str, float]]]


def routes(redis_url: str, at_head: Callable[[], Awaitable[bool]], facts: list[Facts]) -> list[Route]:
    """The three routes."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        checks = {
            "database": await _passes(_database()),
            "schema": await _passes(at_head()),
            "bell": await _passes(_ping(redis_url)),
        }
        # Without the bell jobs are only found a second later: degraded, but able to serve.
        ready = checks["database"] and checks["schema"]
        return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    async def metrics(_request: Request) -> Response:
        with contextlib.suppress(*db.OUTAGE, asyncpg.PostgresError, BaseORMException):
            await _measure(facts)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _passes(check: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(asyncio.ensure_future(check), 2)
    except (Exception, BaseORMException):  # noqa: BLE001 - any failure of a check means "not ready", whatever its kind
        return False


async def _database() -> bool:
    return bool(await db.scalar("SELECT 1"))


async def _ping(redis_url: str) -> bool:
    async with Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1) as redis:
        return bool(await redis.ping())


async def _measure(facts: list[Facts]) -> None:
    JOBS.clear()
    for row in await db.rows(
        """SELECT kind, CASE WHEN dead_at IS NOT NULL THEN 'dead' WHEN run_at <= now() THEN 'due' ELSE 'waiting' END AS state,
                  count(*) AS n FROM job GROUP BY 1, 2"""
    ):
        JOBS.labels(row["kind"], row["state"]).set(row["n"])
    OLDEST.set(
        await db.scalar(
            "SELECT coalesce(extract(epoch FROM now() - min(run_at)), 0)::float FROM job WHERE dead_at IS NULL AND run_at <= now()"
        )
    )
    for part in facts:
        for name, value in (await part()).items():
            FACTS.labels(name).set(value)
