"""The worker process: runs jobs until it is told to stop."""

import asyncio
import signal

from piecework.platform import db
from piecework.platform.composition import database_config, hindrances, job_kinds, personal, subscriptions
from piecework.platform.jobs import connect_subscriptions
from piecework.platform.jobs.bell import answer_bell
from piecework.platform.jobs.runner import Runner
from piecework.platform.personal import connect
from piecework.platform.settings import Settings


async def work(settings: Settings, stopping: asyncio.Event) -> None:
    """Run jobs until `stopping` is set; what is under way is finished."""
    assert settings.database_url
    assert settings.redis_url
    connect_subscriptions(subscriptions())
    connect(personal(), hindrances())
    runner = Runner(job_kinds())
    async with db.connected(database_config(settings.database_url, settings.pool_size)):
        await asyncio.gather(runner.run(stopping), answer_bell(settings.redis_url, runner.bell, stopping))


def run(settings: Settings) -> None:
    """The worker process's life; ends on SIGTERM or SIGINT."""

    async def main() -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await work(settings, stopping)

    asyncio.run(main())
