"""Finding and ending server processes that an earlier owner left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from piecework.platform.servers.privileges import Account, command

_POLL = 0.02


@dataclass(frozen=True)
class Found:
    """A running process; `line` is its command line, or the title it gave itself."""

    pid: int
    line: str

    @property
    def is_backend(self) -> bool:
        """Tell whether it is a helper process of PostgreSQL, not the server itself."""
        return self.line.startswith("postgres: ")


def with_mark(mark: str) -> list[Found]:
    """List every process whose command line contains `mark`, a text that only our servers carry."""
    found = _from_proc() if sys.platform == "linux" else _from_ps()
    return [process for process in found if mark in process.line and process.pid != os.getpid()]


def end(mark: str, gentle: signal.Signals, patience: float, account: Account) -> None:
    """End every process of `account` that carries `mark`: ask the servers with `gentle` first, then kill what remains.

    Returns when none is left; a process that even SIGKILL does not end within `patience` is left alone, and
    the new server will report it.
    """
    servers = [process for process in with_mark(mark) if not process.is_backend]
    for process in servers:
        _send(process.pid, gentle, account)
    if servers:
        _wait_until_gone(mark, patience, only_servers=True)
    # Helpers without their server are useless and hold its shared memory; what they had not committed is lost anyway.
    if remaining := with_mark(mark):
        for process in remaining:
            _send(process.pid, signal.SIGKILL, account)
        _wait_until_gone(mark, patience, only_servers=False)


def is_running(pid: int) -> bool:
    """Tell whether any process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def stop(child: "subprocess.Popen[bytes]", steps: tuple[tuple[signal.Signals, float], ...], account: Account) -> None:
    """Stop our own child: each signal in turn with its patience, at last SIGKILL. Returns when it has ended."""
    for step, patience in (*steps, (signal.SIGKILL, 5.0)):
        if child.poll() is not None:
            return
        _send(child.pid, step, account)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def _wait_until_gone(mark: str, patience: float, *, only_servers: bool) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not [process for process in with_mark(mark) if not (only_servers and process.is_backend)]:
            return
        time.sleep(_POLL)


def _send(pid: int, number: signal.Signals, account: Account) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        # Some containers have a root that may not signal other users; the servers' own user always may.
        if account.switch:
            order = command(["/bin/sh", "-c", f"kill -{int(number)} {pid}"], account, death_signal=signal.SIGKILL)
            subprocess.run(order, capture_output=True, check=False, cwd="/")  # noqa: S603 - numbers only


def _from_proc() -> list[Found]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                raw = (entry / "cmdline").read_bytes()
                found.append(Found(int(entry.name), raw.replace(b"\0", b" ").decode(errors="replace")))
    return found


def _from_ps() -> list[Found]:
    order = ["/bin/ps", "-axww", "-o", "pid=,command="]
    listing = subprocess.run(order, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - constant
    found = []
    for row in listing.stdout.splitlines():
        pid, _, line = row.strip().partition(" ")
        if pid.isdigit():
            found.append(Found(int(pid), line.strip()))
    return found
