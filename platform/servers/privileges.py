"""Under which account the servers run, and how a program is started under it.

PostgreSQL refuses to run as root. When we are root, the servers run under another user id: the owner of the
data if that is not root, else the traditional "nobody". No user is made and nothing that exists changes its
mode or owner. If the programs or the data lie below a folder that user may not enter, the program keeps one
capability (reading and passing folders), and only then; where the system forbids that, see binaries.copied.
"""

import json
import os
import pwd
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piecework.platform.servers.errors import ELSEWHERE, ServerError, from_os_error

NOBODY = 65534

_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Account:
    """A user id and group id; `switch` tells that it is not the one we run under ourselves."""

    uid: int
    gid: int
    switch: bool


def choose_account(*folders: Path) -> Account:
    """Return the account for servers whose data are in `folders`, the most telling first; missing ones are skipped."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    for folder in folders:
        try:
            found = folder.stat()
        except OSError:
            continue
        if found.st_uid != 0:
            return Account(found.st_uid, found.st_gid, switch=True)
    return Account(NOBODY, NOBODY, switch=True)


def give(path: Path, account: Account) -> None:
    """Make `account` the owner of something we have just created. Raises ServerError if that is refused."""
    if not account.switch:
        return
    try:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    except OSError as error:
        raise refused(account, error.strerror or str(error)) from error


def refused(account: Account, reason: str) -> ServerError:
    """Make the ServerError for a root that may not use another account."""
    return ServerError(
        f"PostgreSQL does not run as root, and this root may not use user id {account.uid} ({reason}). "
        f"Start as an ordinary user, {ELSEWHERE}."
    )


def naming_account(account: Account) -> Account:
    """Return an account that has a name, as initdb insists on one; `account` itself whenever it has.

    Raises ServerError if there is none: an ordinary user without a name, or a machine that knows only root.
    """
    if _has_name(account.uid):
        return account
    if account.switch:
        others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
        others.sort(key=lambda entry: (entry.pw_name != "nobody", entry.pw_uid))
        if others:
            return Account(others[0].pw_uid, others[0].pw_gid, switch=True)
    raise ServerError(
        f"User id {account.uid} has no name on this machine, and PostgreSQL needs one to make a database folder. "
        f"Add a line for it to /etc/passwd, {ELSEWHERE}."
    )


def give_tree(folder: Path, account: Account) -> None:
    """Make `account` the owner of a folder we have just created and of everything in it."""
    give(folder, account)
    try:
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                give(Path(parent, name), account)
    except OSError as error:
        raise from_os_error(error, f"prepare {folder}") from error


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def command(
    program: Sequence[str],
    account: Account,
    *,
    death_signal: int,
    folders: Sequence[Path] = (),
    capabilities: bool = True,
) -> list[str]:
    """Return the command line that runs `program` as `account`.

    The program gets `death_signal` when the thread that started it ends (on Linux). `folders` must be enterable
    by it. It ends with a code of launcher.py if the program or a folder is out of reach; `capabilities=False`
    forbids overcoming that with a capability.
    """
    spec = {
        "uid": account.uid,
        "gid": account.gid,
        "switch": account.switch,
        "programs": [program[0]],
        "folders": [str(folder) for folder in folders],
        "capabilities": capabilities,
        "death_signal": death_signal,
        "parent": os.getpid(),
    }
    return [sys.executable, "-I", "-S", str(_LAUNCHER), json.dumps(spec), *program]


def clean_environment() -> dict[str, str]:
    """Return an environment without the variables (PGDATA, PGPORT, locale ...) that would change how a server behaves."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
    return {"LC_ALL": "C", "TZ": "UTC"} | {name: os.environ[name] for name in kept if name in os.environ}
