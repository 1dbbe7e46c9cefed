"""Valkey as a service for one data folder. It keeps nothing on disk: whatever it holds can be lost."""

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from piecework.platform.servers import processes
from piecework.platform.servers.folder import DataFolder
from piecework.platform.servers.privileges import command
from piecework.platform.servers.programs import Programs

SOCKET_NAME = "valkey.sock"
_ORPHAN_PATIENCE = 5.0


@dataclass(frozen=True)
class Valkey:
    """The Valkey server of a data folder."""

    folder: DataFolder
    sockets: Path
    programs: Programs

    name = "Valkey"
    file_name = "valkey"
    stop_steps = ((signal.SIGTERM, 5.0),)

    @property
    def mark(self) -> str:
        """The text that only this server carries in its command line."""
        return f"{self.folder.mark}-valkey"

    def prepare(self, stopping: Callable[[], bool], progress: Callable[[str], None]) -> None:
        """Nothing has to be made for it."""

    def clear_remains(self) -> None:
        """End what an earlier server of this folder left running."""
        processes.end(self.mark, signal.SIGTERM, _ORPHAN_PATIENCE, self.folder.account)

    def start_command(self) -> list[str]:
        """Return the command line of the server."""
        settings = {
            "port": "0",
            "unixsocket": str(self.sockets / SOCKET_NAME),
            "unixsocketperm": "700",
            "protected-mode": "yes",
            "dir": str(self.sockets),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "always-show-logo": "no",
            # Keeps the mark visible in the process list, where Valkey replaces its command line.
            "proc-title-template": f"{{title}} {{unixsocket}} {self.mark}",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return command(
            [str(self.programs.valkey), *arguments],
            self.folder.account,
            death_signal=signal.SIGTERM,
            folders=[self.sockets],
            capabilities=self.programs.capabilities,
        )

    def is_ready(self, pid: int) -> bool:  # noqa: ARG002 - the protocol asks for it
        """Tell whether the server answers."""
        return answers(self.sockets)

    def after_start(self) -> None:
        """Nothing to do."""


def url(sockets: Path) -> str:
    """Return what to connect to when the server listens in this folder of sockets."""
    return f"unix://{sockets / SOCKET_NAME}?db=0"


def answers(sockets: Path) -> bool:
    """Tell whether a Valkey behind this folder of sockets answers PING."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(sockets / SOCKET_NAME))
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False
