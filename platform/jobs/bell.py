"""The bell: arq carries "there is work" from the web to the workers, and nothing else.

A lost ring costs at most the runner's sweep interval. So ringing never fails a request, and a Valkey that is flushed, killed or
unreachable costs only time.
"""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson
import structlog
from arq import Worker, create_pool, func
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

log = structlog.get_logger()

RING = "ring"
QUEUE = "piecework:bell"


def redis_settings(url: str) -> RedisSettings:
    """arq's settings from a URL; `unix:///path.sock?db=0` is a socket."""
    if url.startswith("unix://"):
        split = urlsplit(url)
        database = int(parse_qs(split.query).get("db", ["0"])[0])
        return RedisSettings(unix_socket_path=split.path, database=database, conn_retries=0)
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = 0
    settings.conn_timeout = 2
    return settings


def _dumps(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=str)


class Bell:
    """The web's side. `ring()` is free: it sets a flag; one task sends at most one ring each `gap_s`."""

    def __init__(self, redis_url: str, *, gap_s: float = 0.05) -> None:
        self._url = redis_url
        self._gap_s = gap_s
        self._wanted = asyncio.Event()

    def ring(self) -> None:
        """Say that jobs were committed."""
        self._wanted.set()

    async def run(self) -> None:
        """Send the rings; runs for the life of the process."""
        pool: ArqRedis | None = None
        quiet = False
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                try:
                    pool = pool or await _opened(self._url)
                    # One waiting ring is enough for everybody: the fixed id makes arq drop the rest.
                    await pool.enqueue_job(RING, _job_id=RING)
                    quiet = False
                except (RedisError, OSError, TimeoutError) as error:
                    if not quiet:
                        log.warning("bell.unreachable", error=type(error).__name__)
                    quiet = True
                await asyncio.sleep(self._gap_s)
        finally:
            if pool is not None:
                await pool.aclose()


async def _opened(url: str) -> ArqRedis:
    """A pool, or none at all: cancelled half-way through, it is closed again rather than left to the garbage collector."""
    opening = asyncio.ensure_future(
        create_pool(redis_settings(url), job_serializer=_dumps, job_deserializer=orjson.loads, default_queue_name=QUEUE)
    )
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await (await opening).aclose()
        raise


async def answer_bell(redis_url: str, bell: asyncio.Event, stopping: asyncio.Event) -> None:
    """The worker's side: an arq worker whose only function sets `bell`. Restarted for ever, because arq ends when Redis does."""

    async def ring(_ctx: dict[Any, Any]) -> None:
        bell.set()

    while not stopping.is_set():
        worker: Worker | None = None
        try:
            worker = Worker(
                functions=[func(cast("WorkerCoroutine", ring), name=RING, keep_result=0, max_tries=1, timeout=10)],
                redis_pool=await create_pool(redis_settings(redis_url), job_serializer=_dumps, job_deserializer=orjson.loads),
                queue_name=QUEUE,
                poll_delay=0.1,
                handle_signals=False,
                job_serializer=_dumps,
                job_deserializer=orjson.loads,
                keep_result=0,
                log_results=False,
            )
            running = asyncio.ensure_future(worker.async_run())
            stop = asyncio.ensure_future(stopping.wait())
            try:
                await asyncio.wait([running, stop], return_when=asyncio.FIRST_COMPLETED)
            finally:
                stop.cancel()
            if running.done():
                running.result()
            else:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("bell.down", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), 1.0)
        finally:
            if worker is not None:
                with contextlib.suppress(RedisError, OSError, TimeoutError):
                    await worker.close()
