"""The data folder: what is in it, who holds it, and how others learn where its servers listen."""

import contextlib
import errno
import json
import os
import shutil
import stat
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from piecework.platform.servers.errors import ServerError, from_os_error
from piecework.platform.servers.privileges import Account, choose_account, give

_SOCKET_PREFIX = "piecework-sockets-"
# Linux allows 107 bytes for the path of a socket, macOS 103; the longest name inside is ".s.PGSQL.5432.lock".
_MAX_SOCKET_FOLDER = 80
_LOG_LIMIT = 16 * 1024 * 1024

# Locks of this process. A forked child must drop them, or they would outlive the real holder.
_held: set[int] = set()


@dataclass(frozen=True)
class State:
    """What the owner of the servers tells other processes, kept as JSON in the data folder."""

    owner: int
    sockets: str
    ready: bool = False
    failure: str | None = None


@dataclass(frozen=True)
class DataFolder:
    """The paths below one data folder, and the account its servers run under."""

    path: Path
    account: Account

    @property
    def database(self) -> Path:
        """The folder of the PostgreSQL cluster."""
        return self.path / "postgres"

    @property
    def mark(self) -> str:
        """A text that identifies this very folder in command lines, even after it has been renamed."""
        found = self.path.stat()
        return f"piecework-{found.st_dev:x}-{found.st_ino:x}"

    def log(self, server: str) -> Path:
        """Return the log file of a server."""
        return self.path / f"{server}.log"

    def read_state(self) -> State | None:
        """Return what the owner has written; None if there is none or it cannot be understood."""
        try:
            raw = json.loads((self.path / "servers.json").read_text())
            return State(int(raw["owner"]), str(raw["sockets"]), bool(raw["ready"]), raw["failure"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_state(self, state: State) -> None:
        """Tell other processes, all at once. Raises ServerError."""
        try:
            handle, name = tempfile.mkstemp(prefix=".servers-", dir=self.path)
            with os.fdopen(handle, "w") as file:
                json.dump(asdict(state), file)
            give_like(Path(name), self.path)
            Path(name).replace(self.path / "servers.json")
        except OSError as error:
            raise from_os_error(error, f"write to {self.path}") from error

    def record_failure(self, reason: str) -> None:
        """Note for other processes why a server is down for good; does nothing if that cannot be written."""
        if state := self.read_state():
            with contextlib.suppress(ServerError):
                self.write_state(replace(state, failure=reason))

    def remove_state(self) -> None:
        """Tell other processes that there are no servers any more."""
        with contextlib.suppress(OSError):
            (self.path / "servers.json").unlink()

    def open_log(self, server: str) -> int:
        """Open the server's log for appending, after setting an overlong one aside as .1. Raises ServerError."""
        path = self.log(server)
        with contextlib.suppress(OSError):
            if path.lstat().st_size > _LOG_LIMIT:
                path.replace(path.with_suffix(".log.1"))
        try:
            return _open_own(path, os.O_APPEND | os.O_WRONLY)
        except OSError as error:
            raise from_os_error(error, f"write to {path}") from error


def prepare(path: Path) -> DataFolder:
    """Make the data folder if it is missing, and check that it can be ours. Raises ServerError."""
    path = path.absolute()
    try:
        # Others may pass through a folder made by root, but not look around: its PostgreSQL runs as another user.
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        found = path.stat()
    except NotADirectoryError as error:
        raise ServerError(f"Cannot use {path} for data: a part of that path is a file, not a folder.") from error
    except FileExistsError as error:
        raise ServerError(f"Cannot use {path} for data: a part of that path is a file, not a folder.") from error
    except OSError as error:
        raise from_os_error(error, f"make the data folder {path}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise ServerError(f"Cannot use {path} for data: it is a file, not a folder. Choose another one with --data.")
    folder = DataFolder(path, choose_account(path / "postgres", path))
    _check_owner(folder)
    return folder


def _check_owner(folder: DataFolder) -> None:
    for path in (folder.database, folder.path / "servers.lock"):
        try:
            owner = path.lstat().st_uid
        except FileNotFoundError:
            continue
        except OSError as error:
            owner = folder.path.stat().st_uid
            if owner == os.geteuid():
                raise from_os_error(error, f"look into {folder.path}") from error
        if owner not in (folder.account.uid, os.geteuid()):
            raise _foreign(folder, owner)
    with contextlib.suppress(FileNotFoundError):
        if folder.database.lstat().st_uid != folder.account.uid:
            raise ServerError(
                f"{folder.database} belongs to root, and PostgreSQL does not run as root. Give it to another user "
                f"first: chown -R {folder.account.uid}:{folder.account.gid} {folder.database}"
            )


def _foreign(folder: DataFolder, owner: int) -> ServerError:
    return ServerError(
        f"The data folder {folder.path} belongs to another user (id {owner}). Start as that user, "
        f"or choose another folder with --data."
    )


def try_lock(folder: DataFolder) -> int | None:
    """Become the owner of the folder's servers: a held lock, or None if another process holds it.

    The system frees the lock when the holder ends, however it ends. Raises ServerError.
    """
    import fcntl  # noqa: PLC0415 - does not exist on Windows, where this package must still be importable

    path = folder.path / "servers.lock"
    try:
        lock = _open_own(path, os.O_RDWR)
    except OSError as error:
        raise from_os_error(error, f"write to {folder.path}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError as error:
        os.close(lock)
        raise from_os_error(error, f"lock {path}") from error
    _held.add(lock)
    return lock


def unlock(lock: int) -> None:
    """Stop being the owner."""
    if lock in _held:
        _held.discard(lock)
        os.close(lock)


def _forget_locks() -> None:
    for lock in list(_held):
        unlock(lock)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks)


def _open_own(path: Path, flags: int) -> int:
    # No following of links: root may be working in a folder where someone else can plant them.
    handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    give_like(path, path.parent)
    return handle


def give_like(path: Path, model: Path) -> None:
    """When we are root in someone else's folder, leave files there that are theirs, not root's."""
    if os.geteuid() == 0:
        owner = model.stat()
        if path.lstat().st_uid != owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def make_socket_folder(account: Account) -> Path:
    """Make a new private folder with a short path for the sockets. Raises ServerError."""
    problem: OSError = OSError(errno.ENAMETOOLONG, "the path of the temporary folder is too long")
    for base in temp_folders(open_to_all=account.switch):
        try:
            path = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir=base))
        except OSError as error:
            problem = error
            continue
        if len(os.fsencode(path)) <= _MAX_SOCKET_FOLDER:
            give(path, account)
            return path
        path.rmdir()
    raise from_os_error(problem, "make a folder for sockets (see TMPDIR)")


def temp_folders(*, open_to_all: bool) -> list[Path]:
    """Return the folders for temporary files, best first; only those every user may pass into if `open_to_all`."""
    found = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - only names made by mkdtemp are used there
    usable = []
    for path in dict.fromkeys(found):
        with contextlib.suppress(OSError):
            real = path.resolve(strict=True)
            if not open_to_all or all(folder.stat().st_mode & 0o001 for folder in (real, *real.parents)):
                usable.append(path)
    return usable


def remove_socket_folder(path: str, account: Account) -> None:
    """Remove a folder of sockets, if it really is one that was made for this account."""
    folder = Path(path)
    with contextlib.suppress(OSError):
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid in (account.uid, os.geteuid())
        if ours and folder.name.startswith(_SOCKET_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)


def wait_a_little() -> None:
    """Pause between two looks at something that will change soon."""
    time.sleep(0.02)
