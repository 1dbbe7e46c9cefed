"""Everything that keeps the servers from starting is told in one line that says what to do."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from piecework.platform.servers import ServerError, embedded, pg_binary
from piecework.platform.servers.errors import from_log, from_os_error


def refusal(data: Path, **options: Any) -> str:
    with pytest.raises(ServerError) as caught, embedded(data, durable=False, **options):
        pass
    message = caught.value.message
    assert str(caught.value) == message
    assert message
    assert "\n" not in message
    return message


def test_a_file_in_the_way_is_told(folder: Path) -> None:
    (folder / "file").write_text("")
    assert "it is a file, not a folder" in refusal(folder / "file")
    assert "a part of that path is a file" in refusal(folder / "file" / "data")


@pytest.mark.parametrize("below", ["", "new"])
def test_a_folder_without_the_right_to_write_is_told(
    folder: Path, below: str, open_elsewhere: Callable[..., Any], ordinary_uid: int
) -> None:
    closed = folder / "closed"
    closed.mkdir()
    os.chown(closed, ordinary_uid, -1)
    closed.chmod(0o555)
    error = open_elsewhere(closed / below, as_ordinary=True).told()["error"]
    assert "permission denied" in error
    assert "--data" in error


def test_a_folder_of_another_user_is_told(folder: Path, open_elsewhere: Callable[..., Any]) -> None:
    data = folder / "data"
    data.mkdir()
    if os.geteuid() == 0:
        data.chmod(0o777)
        (data / "postgres").mkdir()
        os.chown(data / "postgres", 12345, 12345)
        assert "belongs to another user (id 12345)" in open_elsewhere(data, as_ordinary=True).told()["error"]
    else:
        # Only root can give a folder away, so an ordinary user tries one of root's.
        assert "permission denied" in refusal(Path("/"))


def test_a_cluster_of_root_is_told_because_postgresql_does_not_run_as_root(folder: Path) -> None:
    cluster = folder / "data" / "postgres"
    cluster.mkdir(parents=True)
    message = refusal(folder / "data")
    # For an ordinary user the same folder is just not a cluster.
    assert ("chown -R" in message) if os.geteuid() == 0 else ("not a PostgreSQL data folder" in message)


def test_a_cluster_of_another_version_is_told(folder: Path, data: Path) -> None:
    with embedded(data, durable=False):
        pass
    version = data / "postgres" / "PG_VERSION"
    version.write_text("16\n")
    message = refusal(data)
    assert "was made by PostgreSQL 16, this is 18" in message
    assert "pg_dump" in message
    version.unlink()
    assert "not a PostgreSQL data folder" in refusal(data)


def test_a_broken_cluster_is_told_in_the_words_of_the_server(data: Path) -> None:
    with embedded(data, durable=False):
        pass
    (data / "postgres" / "global" / "pg_control").unlink()
    message = refusal(data)
    assert "PostgreSQL did not start" in message
    assert "pg_control" in message
    assert "postgres.log" in message


def test_a_server_that_is_not_ready_in_time_is_told_and_leaves_nothing_running(folder: Path) -> None:
    assert "was not ready after 0 seconds" in refusal(folder / "data", start_timeout=0.0)
    with embedded(folder / "data", durable=False):
        pass


def test_a_platform_without_the_programs_is_told_what_to_set_instead(folder: Path) -> None:
    source = Path(__file__).parents[3] / "src"
    code = (
        f"import sys; sys.path.insert(0, {str(source)!r})\n"
        "from pathlib import Path\n"
        "from piecework.platform.servers import embedded, ServerError\n"
        "try:\n    embedded(Path(sys.argv[1])).__enter__()\n"
        "except ServerError as error: print(error.message)\n"
    )
    # Without site-packages, as on a platform for which there are no wheels.
    order = [sys.executable, "-I", "-S", "-c", code, str(folder / "data")]
    told = subprocess.run(order, capture_output=True, text=True, check=True).stdout
    assert "no embedded PostgreSQL for this platform" in told
    assert "DATABASE_URL and REDIS_URL" in told
    with pytest.raises(ServerError, match="nonsense is not among the programs"):
        pg_binary("nonsense")


def test_a_full_disk_is_called_a_full_disk_wherever_it_shows() -> None:
    assert "disk is full" in from_os_error(OSError(28, "No space left on device"), "write").message
    log = (
        "2026-01-01 00:00:00.000 UTC [1] LOG:  starting PostgreSQL 18.4\n"
        '2026-01-01 00:00:00.000 UTC [1] FATAL:  could not write lock file "postmaster.pid": No space left on device\n'
        "2026-01-01 00:00:00.000 UTC [1] LOG:  database system is shut down\n"
    )
    message = from_log("PostgreSQL did not start", log, Path("postgres.log")).message
    assert message.startswith("PostgreSQL did not start: the disk is full")
    assert "could not write lock file" in message
    assert "shut down" not in message


def test_an_error_in_the_callback_stops_the_servers_again(data: Path) -> None:
    def fail(text: str) -> None:
        raise RuntimeError(text)

    with pytest.raises(RuntimeError), embedded(data, durable=False, on_progress=fail):
        pass
    with embedded(data, durable=False):
        pass
