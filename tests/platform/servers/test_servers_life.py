"""The servers start, keep data, are shared between processes, and stop in order."""

import os
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from piecework.platform.servers import embedded, pg_binary, processes
from piecework.platform.servers.folder import prepare

Query = Callable[[str, str], Any]


def sockets_of(database_url: str) -> Path:
    return Path(parse_qs(urlsplit(database_url).query)["host"][0])


def test_a_first_start_gives_servers_that_answer_and_have_safe_settings(
    folder: Path, query: Query, ping: Callable[[str], bool]
) -> None:
    told: list[str] = []
    with embedded(folder / "data", on_progress=told.append) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        assert ping(servers.redis_url)
        for setting, value in {
            "server_version_num": "18",
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "TimeZone": "UTC",
            "listen_addresses": "",
            "max_connections": "120",
            "server_encoding": "UTF8",
        }.items():
            assert query(servers.database_url, f"SELECT current_setting('{setting}')").startswith(value), setting
        assert query(servers.database_url, "SELECT current_user || current_database()") == "pieceworkpiecework"
        assert (
            query(
                servers.database_url,
                "SELECT upper('ёж') || datlocprovider::text FROM pg_database WHERE datname = current_database()",
            )
            == "ЁЖb"
        )
        assert stat.S_IMODE(sockets_of(servers.database_url).stat().st_mode) == 0o700
    assert told[-1].startswith("Starting")
    assert "Preparing the database folder" in " ".join(told)


def test_after_the_context_no_process_socket_or_lock_remains(data: Path) -> None:
    with embedded(data, durable=False) as servers:
        mark = prepare(data).mark
        assert processes.with_mark(mark)
    assert not processes.with_mark(mark)
    assert not sockets_of(servers.database_url).exists()
    assert not (data / "servers.json").exists()
    assert "database system is shut down" in (data / "postgres.log").read_text()


def test_data_survive_a_restart_and_the_second_start_makes_nothing_anew(data: Path, query: Query) -> None:
    with embedded(data, durable=False) as servers:
        assert query(servers.database_url, "SHOW fsync") == "off"
        query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS number")
    told: list[str] = []
    with embedded(data, durable=False, on_progress=told.append) as servers:
        assert query(servers.database_url, "SELECT number FROM kept") == 42
    assert sorted(told) == ["Starting PostgreSQL", "Starting Valkey"]


def test_a_very_deep_data_folder_works_although_socket_paths_are_short(folder: Path, query: Query) -> None:
    deep = folder.joinpath(*["a rather long name with ünicode"] * 6)
    with embedded(deep, durable=False) as servers:
        assert query(servers.database_url, "SELECT 1") == 1


def test_the_client_programs_of_postgresql_connect_with_the_same_url(data: Path) -> None:
    with embedded(data, durable=False) as servers:
        for program, *arguments in (["psql", "-XAtc", "SELECT 1"], ["pg_isready"], ["pgbench", "-i", "-q"]):
            order = [str(pg_binary(program)), "-d", servers.database_url, *arguments]
            subprocess.run(order, check=True, capture_output=True)


def test_a_second_process_shares_the_servers_and_leaves_them_running(
    data: Path, open_elsewhere: Callable[..., Any], query: Query, ping: Callable[[str], bool]
) -> None:
    with embedded(data, durable=False) as servers:
        second = open_elsewhere(data)
        assert second.told() == {"database": servers.database_url, "redis": servers.redis_url}
        with embedded(data, durable=False) as nested:
            assert nested == servers
        second.leave()
        assert query(servers.database_url, "SELECT 1") == 1
        assert ping(servers.redis_url)


def test_processes_that_open_a_new_folder_at_once_all_get_the_same_servers(
    folder: Path, open_elsewhere: Callable[..., Any]
) -> None:
    openers = [open_elsewhere(folder / "data") for _ in range(4)]
    told = [opener.told() for opener in openers]
    assert "database" in told[0]
    assert told == [told[0]] * 4


def test_ctrl_c_in_the_terminal_stops_the_servers_in_order(data: Path, open_elsewhere: Callable[..., Any]) -> None:
    opener = open_elsewhere(data, durable=True)
    assert "database" in opener.told()
    os.killpg(opener.process.pid, signal.SIGINT)  # what a terminal does: to the whole group
    assert opener.told() == {"interrupted": True}
    opener.process.wait(30)
    assert (data / "postgres.log").read_text().rstrip().endswith("database system is shut down")
    assert not processes.with_mark(prepare(data).mark)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_that_leaves_the_context_does_not_stop_the_servers(data: Path, query: Query) -> None:
    context = embedded(data, durable=False)
    with context as servers:
        child = os.fork()
        if child == 0:
            context.__exit__(None, None, None)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert query(servers.database_url, "SELECT 1") == 1
