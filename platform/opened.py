"""An installation opened for use: its servers (the embedded ones where none are named), its schema brought up to date."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from piecework.platform import db
from piecework.platform.composition import database_config, hindrances, personal, subscriptions
from piecework.platform.errors import SetupError
from piecework.platform.jobs import connect_subscriptions
from piecework.platform.personal import connect
from piecework.platform.servers import ServerError, embedded
from piecework.platform.settings import Settings


@contextmanager
def with_servers(
    settings: Settings, on_progress: Callable[[str], None] | None = None, *, durable: bool = True
) -> Iterator[Settings]:
    """Settings that name both servers; what is not named is embedded, in the data folder, for the life of the context.

    Raises:
        SetupError: a server cannot be started, in one line.
    """
    if settings.database_url and settings.redis_url:
        yield settings
        return
    try:
        with embedded(settings.data.absolute(), durable=durable, on_progress=on_progress) as servers:
            yield settings.model_copy(
                update={
                    "database_url": settings.database_url or servers.database_url,
                    "redis_url": settings.redis_url or servers.redis_url,
                }
            )
    except ServerError as error:
        raise SetupError(error.message) from error


async def prepare(settings: Settings) -> None:
    """Check that both servers answer, and migrate.

    Raises:
        SetupError: one of them does not, in one line.
    """
    assert settings.database_url
    assert settings.redis_url
    await db.migrate(database_config(settings.database_url))
    try:
        async with Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            await redis.ping()
    except (TimeoutError, RedisError, OSError) as error:
        raise SetupError(
            f"Cannot reach the Valkey or Redis server of REDIS_URL ({type(error).__name__}). "
            "Check REDIS_URL and that the server runs, or unset it to use the embedded one."
        ) from error


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Settings]:
    """For commands: servers, schema and connections, so that models and statements work."""
    with with_servers(settings) as complete:
        assert complete.database_url
        await db.migrate(database_config(complete.database_url))
        connect_subscriptions(subscriptions())
        connect(personal(), hindrances())
        async with db.connected(database_config(complete.database_url)):
            yield complete
