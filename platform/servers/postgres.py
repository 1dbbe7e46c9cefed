"""PostgreSQL as a service for one data folder: made once, started, known to be ready, with its database."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from piecework.platform.servers import binaries, processes
from piecework.platform.servers.errors import ServerError, from_log, from_os_error
from piecework.platform.servers.folder import DataFolder, wait_a_little
from piecework.platform.servers.privileges import (
    clean_environment,
    command,
    give,
    give_tree,
    naming_account,
)
from piecework.platform.servers.programs import Programs

USER = DATABASE = "piecework"

_NEW_PREFIX = "postgres.new-"
_ORPHAN_PATIENCE = 15.0


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL server of a data folder."""

    folder: DataFolder
    sockets: Path
    programs: Programs
    durable: bool

    name = "PostgreSQL"
    file_name = "postgres"
    # Fast shutdown, then immediate shutdown, which leaves crash recovery to the next start.
    stop_steps = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))

    @property
    def mark(self) -> str:
        """The text that only the processes of this server carry in their command lines."""
        return f"{self.folder.mark}-postgres"

    def prepare(self, stopping: Callable[[], bool], progress: Callable[[str], None]) -> None:
        """Make the cluster at the first start; later check that this PostgreSQL can read it. Raises ServerError."""
        _remove_unfinished(self.folder.path)
        version_file = self.folder.database / "PG_VERSION"
        if not self.folder.database.exists():
            progress("Preparing the database folder (only at the first start)")
            _make_cluster(self, stopping)
        try:
            version = version_file.read_text().strip()
        except FileNotFoundError as error:
            raise ServerError(
                f"{self.folder.database} is not a PostgreSQL data folder (no PG_VERSION in it). Move it away, "
                f"or choose another folder with --data."
            ) from error
        except OSError as error:
            raise from_os_error(error, f"read {version_file}") from error
        if version != str(binaries.POSTGRES_MAJOR):
            raise ServerError(
                f"{self.folder.database} was made by PostgreSQL {version}, this is {binaries.POSTGRES_MAJOR}. Copy the "
                f"data over with pg_dump of version {version} and psql, or choose another folder with --data."
            )

    def clear_remains(self) -> None:
        """End what an earlier server of this folder left running, and remove its lock file if it misleads."""
        processes.end(self.mark, signal.SIGINT, _ORPHAN_PATIENCE, self.folder.account)
        # A lock file whose number now belongs to a stranger would stop PostgreSQL from starting. Any other lock
        # file stays: PostgreSQL judges it better than we could.
        with contextlib.suppress(OSError, ValueError, IndexError):
            lock_file = self.folder.database / "postmaster.pid"
            if processes.is_running(int(lock_file.read_text().split("\n")[0])):
                lock_file.unlink()

    def start_command(self) -> list[str]:
        """Return the command line of the server."""
        settings = {
            "cluster_name": self.mark,
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": "120",
            "shared_buffers": "256MB" if self.durable else "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return command(
            [self.programs.postgres("postgres"), "-D", str(self.folder.database), *arguments],
            self.folder.account,
            death_signal=signal.SIGINT,
            folders=[self.folder.path, self.sockets],
            capabilities=self.programs.capabilities,
        )

    def is_ready(self, pid: int) -> bool:
        """Tell whether the server with this process id accepts connections."""
        try:
            lines = (self.folder.database / "postmaster.pid").read_text().split("\n")
            return int(lines[0]) == pid and lines[7].strip() == "ready"
        except (FileNotFoundError, ValueError, IndexError):
            return False
        except OSError as error:
            raise from_os_error(error, f"read {self.folder.database}") from error

    def after_start(self) -> None:
        """Create the database if it is absent. Raises ServerError."""
        if self._psql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") != "1":
            self._psql(f"CREATE DATABASE {DATABASE}")

    def _psql(self, statement: str) -> str:
        target = f"host={self.sockets} port=5432 user={USER} dbname=postgres"
        arguments = [str(binaries.pg_binary("psql")), "-XAtqw", "-v", "ON_ERROR_STOP=1", "-d", target, "-c", statement]
        try:
            done = subprocess.run(  # noqa: S603 - the statements are constants of this module
                arguments,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=60,
                check=False,
                env=clean_environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise ServerError("PostgreSQL accepted a connection but did not answer within a minute.") from error
        except OSError as error:
            raise from_os_error(error, f"run {arguments[0]}") from error
        if done.returncode != 0:
            raise from_log("PostgreSQL could not create its database", done.stderr, self.folder.log("postgres"))
        return done.stdout.strip()


def url(sockets: Path) -> str:
    """Return what to connect to when the server listens in this folder of sockets."""
    return f"postgresql://{USER}@/{DATABASE}?host={sockets}"


def listens(sockets: Path) -> bool:
    """Tell whether a server takes connections in this folder of sockets."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(sockets / ".s.PGSQL.5432"))
            return True
    except OSError:
        return False


def _make_cluster(server: Postgres, stopping: Callable[[], bool]) -> None:
    """Run initdb beside the final place and move the result there, so that a half-made cluster is never used."""
    account = server.folder.account
    maker = naming_account(account)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=_NEW_PREFIX, dir=server.folder.path))
    except OSError as error:
        raise from_os_error(error, f"write to {server.folder.path}") from error
    try:
        give(fresh, maker)
        # macOS has no C.UTF-8 of its own in all versions; the one inside PostgreSQL is what matters for sorting.
        mac = sys.platform == "darwin"
        locale = ("--locale=C", "--builtin-locale=C.UTF-8") if mac else ("--locale=C.UTF-8",)
        program = [server.programs.postgres("initdb"), "-D", str(fresh), "-U", USER, "--auth=trust", "--encoding=UTF8"]
        program += ["--locale-provider=builtin", *locale, "--no-instructions"]
        program += [] if server.durable else ["--no-sync"]
        order = command(
            program,
            maker,
            death_signal=signal.SIGKILL,
            folders=[server.folder.path],
            capabilities=server.programs.capabilities,
        )
        _run_logged(order, server.folder, stopping)
        if maker != account:
            give_tree(fresh, account)
        fresh.rename(server.folder.database)
    except OSError as error:
        raise from_os_error(error, f"write to {server.folder.path}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _run_logged(order: list[str], folder: DataFolder, stopping: Callable[[], bool]) -> None:
    log = folder.open_log("postgres")
    try:
        before = os.fstat(log).st_size
        child = subprocess.Popen(  # noqa: S603 - our own command line
            order,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=clean_environment(),
            cwd="/",
        )
    finally:
        os.close(log)
    while child.poll() is None:
        if stopping():
            processes.stop(child, ((signal.SIGTERM, 5.0),), folder.account)
            raise ServerError("The start was broken off.")
        wait_a_little()
    if child.returncode != 0:
        with folder.log("postgres").open("rb") as file:
            file.seek(before)
            text = file.read().decode(errors="replace")
        raise from_log("PostgreSQL could not make its data folder", text, folder.log("postgres"))


def _remove_unfinished(path: Path) -> None:
    for rest in path.glob(f"{_NEW_PREFIX}*"):
        shutil.rmtree(rest, ignore_errors=True)
