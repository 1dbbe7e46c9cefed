"""The command line in a process of its own that is born with everything imported, which would take it two seconds."""

import asyncio
import multiprocessing
import os
import sys
from pathlib import Path

from tests.world import World

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["piecework.platform.cli"])


def _command(arguments: list[str], environment: dict[str, str], out: Path) -> None:
    from piecework.platform import cli

    for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
        os.dup2(os.open(out / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["piecework", *arguments]
    cli.main()


async def piecework(world: World, out: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command on the world's database; gives its exit code and what it wrote to stdout and to stderr, by files in `out`."""
    assert world.settings.database_url
    assert world.settings.redis_url
    servers = {"DATABASE_URL": world.settings.database_url, "REDIS_URL": world.settings.redis_url}
    running = _FORKS.Process(target=_command, args=(list(arguments), {**os.environ, **servers}, out))
    running.start()
    await asyncio.to_thread(running.join)
    assert running.exitcode is not None
    return running.exitcode, (out / "out").read_text(), (out / "err").read_text()
