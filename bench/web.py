"""Web processes for the benchmark: `piecework.platform.serve` on one listening socket that the parent opened."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2

from bench.stand import Stand
from piecework.platform.serve import serve
from piecework.platform.settings import Settings

START_TIMEOUT_S = 60.0
CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'piecework-freelancer'"
)


@dataclass(frozen=True, slots=True)
class Web:
    """Where the web answers, and its processes."""

    port: int
    pids: tuple[int, ...]


@contextlib.asynccontextmanager
async def running(stand: Stand, database: str, workers: int) -> AsyncIterator[Web]:
    """Run web processes over a database."""
    environment = os.environ | {"DATABASE_URL": stand.url(database), "REDIS_URL": stand.servers.redis_url}
    environment["PYTHONPATH"] = os.pathsep.join(["", *sys.path]).lstrip(os.pathsep)
    log = stand.folder / "web.log"
    processes: list[asyncio.subprocess.Process] = []
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener, log.open("ab") as output:
        try:
            for _ in range(workers):
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bench.web", str(listener.fileno()),
                    pass_fds=[listener.fileno()], env=environment, stdin=asyncio.subprocess.PIPE, stdout=output, stderr=output,
                )  # fmt: skip
                processes.append(process)
            port = int(listener.getsockname()[1])
            await _ready(stand, database, port, processes)
            yield Web(port, tuple(process.pid for process in processes))
        except Exception:  # whatever ended the measure, the web's own last words belong beside it; it is raised again
            print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
            raise
        finally:
            await asyncio.gather(*(_end(process) for process in processes))


async def _ready(stand: Stand, database: str, port: int, processes: list[asyncio.subprocess.Process]) -> None:
    """Wait until the web answers and every worker is connected to the database, which is the last thing before it accepts."""
    deadline = time.monotonic() + START_TIMEOUT_S
    base = f"http://127.0.0.1:{port}"
    async with stand.connection(database) as connection, httpx2.AsyncClient(base_url=base, timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline and all(process.returncode is None for process in processes):
            if await connection.fetchval(CONNECTED) >= len(processes):
                with contextlib.suppress(httpx2.TransportError):
                    if (await client.get("/livez")).is_success:
                        await asyncio.sleep(0.2)
                        return
            await asyncio.sleep(0.05)
    raise RuntimeError("the web did not start")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()  # ends when the parent does, however it does
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve on the socket whose file descriptor is the argument."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.setblocking(False)
    serve(Settings(), listener)


if __name__ == "__main__":
    main()
