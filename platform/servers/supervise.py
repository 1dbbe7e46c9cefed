"""A thread for each server that starts it, starts it again when it dies, and stops it at the end."""

import logging
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from piecework.platform.servers import processes
from piecework.platform.servers.errors import ServerError, from_log, from_os_error
from piecework.platform.servers.folder import DataFolder, wait_a_little
from piecework.platform.servers.privileges import clean_environment

# Pauses before the attempts to start a dead server again; after the last one has failed it stays down.
RESTART_PAUSES = (0.0, 0.2, 1.0, 3.0, 10.0)
# A server that ran this long was healthy: its next death counts as the first.
_HEALTHY_AFTER = 2.0
_WATCH_PAUSE = 0.1

_logger = logging.getLogger(__name__)


class Service(Protocol):
    """What a Keeper has to know about a server."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def file_name(self) -> str:
        """The name of its log, without the suffix."""

    @property
    def folder(self) -> DataFolder:
        """Where its files are."""

    @property
    def stop_steps(self) -> tuple[tuple[signal.Signals, float], ...]:
        """The signals that stop it, gentlest first, and how long to wait after each."""

    def prepare(self, stopping: Callable[[], bool], progress: Callable[[str], None]) -> None:
        """Make what it needs before its first start; give up when `stopping`. Raises ServerError."""

    def clear_remains(self) -> None:
        """End whatever an earlier server of the same folder left running."""

    def start_command(self) -> list[str]:
        """Return the command line that starts it."""

    def is_ready(self, pid: int) -> bool:
        """Tell whether the server with this process id takes connections."""

    def after_start(self) -> None:
        """Finish the first start, now that it takes connections. Raises ServerError."""


@dataclass(frozen=True)
class Progress:
    """A step has begun; for the person who waits."""

    text: str


@dataclass(frozen=True)
class Started:
    """The server is ready for the first time."""


@dataclass(frozen=True)
class Failed:
    """The server could not be started."""

    error: ServerError


Report = Progress | Started | Failed


class Keeper(threading.Thread):
    """Keeps one server running from start() to end().

    It reports Progress, then exactly one Started or Failed. The server is a child of this very thread, because
    Linux ends it when the thread that started it ends: in this way it cannot outlive us, however we die.
    """

    def __init__(self, service: Service, reports: "queue.Queue[Report]", patience: float) -> None:
        super().__init__(name=f"keeper of {service.name}", daemon=True)
        self._service = service
        self._reports = reports
        self._patience = patience
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None

    def end(self) -> None:
        """Ask for the server to be stopped; join() then waits until it has."""
        self._stopping.set()

    def run(self) -> None:
        """Live; called by start()."""
        try:
            self._reports.put(self._begin())
            self._watch()
        finally:
            if self._child is not None:
                processes.stop(self._child, self._service.stop_steps, self._service.folder.account)

    def _begin(self) -> Report:
        try:
            self._service.clear_remains()
            self._service.prepare(self._stopping.is_set, lambda text: self._reports.put(Progress(text)))
            self._reports.put(Progress(f"Starting {self._service.name}"))
            self._launch()
            self._service.after_start()
        except ServerError as error:
            self._stopping.set()
            return Failed(error)
        except Exception as error:
            # Whoever waits for the report must get one, whatever happened.
            self._stopping.set()
            _logger.exception("%s could not be started", self._service.name)
            return Failed(ServerError(f"{self._service.name} could not be started: {error!r}"))
        return Started()

    def _launch(self) -> None:
        """Start the server and wait until it is ready. Raises ServerError, and then nothing is left running."""
        service = self._service
        log = service.folder.open_log(service.file_name)
        try:
            offset = os.fstat(log).st_size
            # A session of its own, so that Ctrl-C in the terminal reaches us alone and we stop it in order.
            self._child = subprocess.Popen(  # noqa: S603 - our own command line
                service.start_command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=clean_environment(),
                cwd="/",
            )
        except OSError as error:
            raise from_os_error(error, f"start {service.name}") from error
        finally:
            os.close(log)
        try:
            self._wait_until_ready(self._child, offset)
        except BaseException:  # a child that is not known to be ready must not be left running; it is raised again
            processes.stop(self._child, service.stop_steps, service.folder.account)
            raise

    def _wait_until_ready(self, child: "subprocess.Popen[bytes]", offset: int) -> None:
        service, size = self._service, offset
        path = service.folder.log(service.file_name)
        deadline = time.monotonic() + self._patience
        while not service.is_ready(child.pid):
            if child.poll() is not None:
                with path.open("rb") as file:
                    file.seek(offset)
                    text = file.read().decode(errors="replace")
                raise from_log(f"{service.name} did not start", text, path)
            if self._stopping.is_set():
                raise ServerError("The start was broken off.")
            # Recovery after a crash may take long; as long as it writes about its progress, it is not stuck.
            if size != (size := path.stat().st_size):
                deadline = time.monotonic() + self._patience
            if time.monotonic() >= deadline:
                raise ServerError(
                    f"{service.name} was not ready after {self._patience:g} seconds. If the machine is just slow, "
                    f"start again; otherwise see {path}"
                )
            wait_a_little()

    def _watch(self) -> None:
        while not self._stopping.wait(_WATCH_PAUSE):
            if self._child is not None and self._child.poll() is not None and not self._revive():
                return

    def _revive(self) -> bool:
        """Bring the dead server back; False if that is hopeless or no longer wanted."""
        name = self._service.name
        reason = "it did not say why"
        for number, pause in enumerate(RESTART_PAUSES, start=1):
            if self._stopping.wait(pause):
                return False
            _logger.warning("%s has died; attempt %d to start it again", name, number)
            try:
                self._service.clear_remains()
                self._launch()
            except (ServerError, OSError) as error:
                reason = str(error)
                continue
            if self._stays_alive():
                return True
            reason = f"{name} keeps dying soon after its start"
        if not self._stopping.is_set():
            message = f"{name} is down and could not be started again: {reason}"
            _logger.error(message)
            self._service.folder.record_failure(message)
        return False

    def _stays_alive(self) -> bool:
        deadline = time.monotonic() + _HEALTHY_AFTER
        while self._child is not None and self._child.poll() is None:
            if time.monotonic() >= deadline or self._stopping.wait(_WATCH_PAUSE):
                return True
        return False
