"""Choosing server programs that the servers' account can really run."""

import signal
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from piecework.platform.servers import binaries, launcher
from piecework.platform.servers.errors import ELSEWHERE, ServerError, from_os_error
from piecework.platform.servers.folder import DataFolder, temp_folders
from piecework.platform.servers.privileges import clean_environment, command, refused


@dataclass(frozen=True)
class Programs:
    """Where the servers run from, and whether a capability may help them to get at their files."""

    postgres_home: Path
    valkey: Path
    capabilities: bool

    def postgres(self, name: str) -> str:
        """Return the path of one program of PostgreSQL."""
        return str(self.postgres_home / "bin" / name)


def choose(folder: DataFolder, *, capabilities: bool) -> Programs:
    """Choose programs that the servers' account can run and from which it reaches its data. Raises ServerError.

    They are the installed ones wherever possible. When we are root and the other account can reach them in no
    way, they are copies below a temporary folder.
    """
    binaries.pg_binary("postgres")
    programs = Programs(binaries.postgres_home(), binaries.valkey_binary(), capabilities)
    if not folder.account.switch:
        return programs
    if not _can_run(programs.postgres("postgres"), programs, folder):
        programs = replace(programs, postgres_home=_reachable_postgres(programs, folder))
    if not _can_run(str(programs.valkey), programs, folder):
        programs = replace(programs, valkey=_reachable_valkey(programs, folder))
    return programs


def _reachable_postgres(programs: Programs, folder: DataFolder) -> Path:
    for base in temp_folders(open_to_all=True):
        home = binaries.copy_of_postgres(programs.postgres_home, base)
        if _can_run(str(home / "bin" / "postgres"), programs, folder):
            return home
    raise _unreachable(programs.postgres("postgres"), folder)


def _reachable_valkey(programs: Programs, folder: DataFolder) -> Path:
    for base in temp_folders(open_to_all=True):
        program = binaries.copy_of_valkey(programs.valkey, base)
        if _can_run(str(program), programs, folder):
            return program
    raise _unreachable(str(programs.valkey), folder)


def _unreachable(program: str, folder: DataFolder) -> ServerError:
    return ServerError(
        f"User id {folder.account.uid} can run {program} neither in its place nor from a temporary folder. "
        f"Start as an ordinary user, {ELSEWHERE}."
    )


def _can_run(program: str, programs: Programs, folder: DataFolder) -> bool:
    """Tell whether the account can run the program; raises ServerError if the program is not what stands in its way."""
    order = command(
        [program, "--version"],
        folder.account,
        death_signal=signal.SIGKILL,
        folders=[folder.path],
        capabilities=programs.capabilities,
    )
    try:
        result = subprocess.run(  # noqa: S603 - our own command line
            order, capture_output=True, text=True, errors="replace", check=False, env=clean_environment(), cwd="/"
        )
    except OSError as error:
        raise from_os_error(error, f"run {order[0]}") from error
    reason = result.stderr.strip().removeprefix("launcher: ")
    if result.returncode == launcher.FOLDER_UNREACHABLE:
        raise ServerError(
            f"PostgreSQL does not run as root, and user id {folder.account.uid} may not enter {folder.path}. "
            f"Choose a folder that others may enter, for example with --data /var/lib/piecework, {ELSEWHERE}."
        )
    if result.returncode == launcher.ACCOUNT_REFUSED:
        raise refused(folder.account, reason.rpartition(": ")[2])
    if result.returncode not in (0, launcher.PROGRAM_UNREACHABLE):
        raise ServerError(f"{program} does not run here: {reason}. Reinstall the dependencies, {ELSEWHERE}.")
    return result.returncode == 0
