"""One clear line for everything that keeps a server from running."""

import errno
import os
from pathlib import Path

ELSEWHERE = "or set DATABASE_URL and REDIS_URL to servers of your own"

_MAX_QUOTED = 300
# A new PostgreSQL folder takes about 40 MB.
_SPACE_TO_START = 48 * 1024 * 1024
# Lines by which the servers say why they gave up, strongest first. Valkey marks warnings with "#".
_STRONG_MARKS = ("PANIC:", "FATAL:", "ERROR:", "error:", "Fatal error", "Failed ", "launcher:")


class ServerError(Exception):
    """A server cannot be started, reached or kept running.

    `message` is one line that says what is wrong and what to do about it; `str(error)` is the same line.
    """

    def __init__(self, message: str) -> None:
        self.message = " ".join(message.split())
        super().__init__(self.message)


def from_os_error(error: OSError, doing: str) -> ServerError:
    """Make the ServerError for an operating system error met while `doing` something ("write to /data")."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ServerError(f"Cannot {doing}: the disk is full. Free some space and start again.")
    if error.errno == errno.EROFS:
        return ServerError(f"Cannot {doing}: the file system is read-only. Choose another folder with --data.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ServerError(f"Cannot {doing}: permission denied. Choose a folder you may write to with --data, {ELSEWHERE}.")
    return ServerError(f"Cannot {doing}: {error.strerror or error}.")


def from_log(what: str, text: str, log: Path) -> ServerError:
    """Make the ServerError for a server that ended by itself, quoting the last telling line of `text` it wrote."""
    line = last_meaningful_line(text)
    if "No space left on device" in text or "Disk quota exceeded" in text or _nearly_full(log.parent):
        return ServerError(f"{what}: the disk is full. Free some space and start again ({line}).")
    quoted = f": {line}" if line else ", and it wrote nothing about the cause"
    return ServerError(f"{what}{quoted} (log: {log})")


def _nearly_full(folder: Path) -> bool:
    # A server cannot write "no space left" into a log on the full disk, and it may have removed its files since.
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < _SPACE_TO_START


def last_meaningful_line(text: str) -> str:
    """Return the line of a server's log that best tells why it ended, without its time stamp; "" if there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for mark in _STRONG_MARKS[:2]:
        for number in reversed(range(len(lines))):
            if mark in lines[number]:
                # The line below it often says what was found where something else was expected.
                detail = lines[number + 1].partition("DETAIL:")[2] if number + 1 < len(lines) else ""
                return f"{lines[number].partition(mark)[2].strip()} {detail.strip()}".strip()[:_MAX_QUOTED]
    for line in reversed(lines):
        for mark in _STRONG_MARKS[2:]:
            if mark in line:
                return line[line.index(mark) :].strip()[:_MAX_QUOTED]
    return lines[-1][:_MAX_QUOTED] if lines else ""
