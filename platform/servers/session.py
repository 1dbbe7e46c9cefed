"""Opening the servers of a data folder: as their owner, or beside the process that owns them."""

import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from piecework.platform.servers import folder as folders
from piecework.platform.servers import postgres, programs, valkey
from piecework.platform.servers.errors import ELSEWHERE, ServerError
from piecework.platform.servers.folder import DataFolder, State
from piecework.platform.servers.postgres import Postgres
from piecework.platform.servers.programs import Programs
from piecework.platform.servers.supervise import (
    Failed,
    Keeper,
    Progress,
    Report,
    Service,
    Started,
)
from piecework.platform.servers.valkey import Valkey


@dataclass(frozen=True)
class Servers:
    """What to connect to. Both stay the same for as long as the context is open, also across restarts.

    `database_url` is understood by asyncpg, psql and pgbench, `redis_url` by redis-py's Redis.from_url.
    """

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class _Wishes:
    durable: bool
    on_progress: Callable[[str], None]
    patience: float
    capabilities: bool


@contextmanager
def embedded(
    data_dir: Path,
    *,
    durable: bool = True,
    on_progress: Callable[[str], None] | None = None,
    start_timeout: float = 30.0,
    capabilities: bool = True,
) -> Iterator[Servers]:
    """PostgreSQL 18 (with an empty or kept database "piecework") and Valkey 9, ready while the context is open.

    Guaranteed: the first process to open a folder owns its servers, starts them again if they die, and stops
    them when it leaves the context. Others that open the same folder meanwhile get the same servers and leave
    them running; they lose them when the owner leaves. If an owner was killed, the next one to open the folder
    ends what is left and starts afresh, and every committed row is still there. On Linux the servers end with
    their owner even if it is killed. They listen on sockets in a private folder only, and write to postgres.log
    and valkey.log in the data folder. Valkey keeps nothing across a restart.

    `durable=False` is for tests: much faster, but a crash of the machine may destroy the database.
    `on_progress` is called in this thread with short lines while the servers start. `start_timeout` is how many
    seconds a server may be silent before it counts as stuck. `capabilities=False` is for tests: as root, do not
    let the servers keep a Linux capability for passing closed folders, but run them from a copy.

    Raises ServerError when the servers cannot be started or reached. If a server dies for good later, the reason
    is logged, and told to every process that opens the folder afterwards.
    """
    if os.name != "posix":
        raise ServerError(f"There are no embedded servers for this platform. Use Linux or macOS, {ELSEWHERE}.")
    wishes = _Wishes(durable, on_progress or (lambda _: None), start_timeout, capabilities)
    folder = folders.prepare(data_dir)
    found = _lock_or_servers(folder, wishes)
    if isinstance(found, Servers):
        yield found
        return
    lock, process = found, os.getpid()
    try:
        with _owned(folder, wishes) as servers:
            yield servers
    finally:
        if os.getpid() == process:
            folders.unlock(lock)


def _lock_or_servers(folder: DataFolder, wishes: _Wishes) -> int | Servers:
    """Return the lock if we become the owner, else the servers of the owner, once they are ready. Raises ServerError."""
    deadline = time.monotonic() + wishes.patience
    told = False
    while True:
        lock = folders.try_lock(folder)
        if lock is not None:
            return lock
        state = folder.read_state()
        if state is not None and state.failure:
            raise ServerError(f"{state.failure}. End the process {state.owner}, which owns it, and start again.")
        if state is not None and state.ready:
            sockets = Path(state.sockets)
            if postgres.listens(sockets) and valkey.answers(sockets):
                return _servers(sockets)
        if time.monotonic() >= deadline:
            owner = f" (process {state.owner})" if state else ""
            raise ServerError(
                f"Another process{owner} holds the data folder {folder.path}, but its servers do not answer. "
                f"End it and start again, or choose another folder with --data."
            )
        if not told:
            wishes.on_progress("Waiting for the process that holds the data folder")
            told = True
        folders.wait_a_little()


@contextmanager
def _owned(folder: DataFolder, wishes: _Wishes) -> Iterator[Servers]:
    """Our own servers of a folder whose lock we hold."""
    process = os.getpid()
    chosen = programs.choose(folder, capabilities=wishes.capabilities)
    if left := folder.read_state():
        # First the servers of the killed owner, as they could make new sockets while theirs are being removed.
        for service in _services(folder, Path(left.sockets), chosen, wishes):
            service.clear_remains()
        folders.remove_socket_folder(left.sockets, folder.account)
        folder.remove_state()
    sockets = folders.make_socket_folder(folder.account)
    keepers: list[Keeper] = []
    try:
        state = State(process, str(sockets))
        folder.write_state(state)
        reports: queue.Queue[Report] = queue.Queue()
        for service in _services(folder, sockets, chosen, wishes):
            keeper = Keeper(service, reports, wishes.patience)
            keepers.append(keeper)
            keeper.start()
        _wait_for_all(len(keepers), reports, wishes)
        folder.write_state(replace(state, ready=True))
        yield _servers(sockets)
    finally:
        # A forked child that leaves the context must not take the servers from its parent.
        if os.getpid() == process:
            folder.remove_state()
            for keeper in keepers:
                keeper.end()
            for keeper in keepers:
                if keeper.ident is not None:
                    keeper.join()
            folders.remove_socket_folder(str(sockets), folder.account)


def _wait_for_all(count: int, reports: "queue.Queue[Report]", wishes: _Wishes) -> None:
    while count:
        match reports.get():
            case Progress(text):
                wishes.on_progress(text)
            case Failed(error):
                raise error
            case Started():
                count -= 1


def _services(folder: DataFolder, sockets: Path, chosen: Programs, wishes: _Wishes) -> tuple[Service, ...]:
    return Valkey(folder, sockets, chosen), Postgres(folder, sockets, chosen, wishes.durable)


def _servers(sockets: Path) -> Servers:
    return Servers(postgres.url(sockets), valkey.url(sockets))
