"""Whatever is killed, committed rows are kept and the servers come back."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from piecework.platform.servers import (
    ServerError,
    embedded,
    pg_binary,
    processes,
    programs,
    supervise,
)
from piecework.platform.servers.folder import (
    make_socket_folder,
    prepare,
    try_lock,
    unlock,
)
from piecework.platform.servers.postgres import Postgres

Query = Callable[[str, str], Any]
Until = Callable[[Callable[[], Any]], Any]


def server_pid(data: Path, kind: str) -> int:
    found = [p for p in processes.with_mark(f"{prepare(data).mark}-{kind}") if not p.is_backend]
    assert len(found) == 1
    return found[0].pid


def test_a_killed_postgresql_is_healed_and_acknowledged_rows_are_there(data: Path, query: Query, until: Until) -> None:
    with embedded(data) as servers:
        query(servers.database_url, "CREATE TABLE acknowledged (number int)")
        for number in range(3):
            query(servers.database_url, f"INSERT INTO acknowledged VALUES ({number})")
            old = server_pid(data, "postgres")
            os.kill(old, signal.SIGKILL)
            count = until(lambda: query(servers.database_url, "SELECT count(*) FROM acknowledged"))
            assert count == number + 1
            assert server_pid(data, "postgres") != old


def test_a_killed_postgresql_is_healed_although_a_busy_helper_holds_on_to_its_memory(
    data: Path, query: Query, until: Until
) -> None:
    busy_loop = "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"
    with embedded(data, durable=False) as servers:
        client = subprocess.Popen(
            [str(pg_binary("psql")), "-X", "-d", servers.database_url, "-c", busy_loop],
            stderr=subprocess.DEVNULL,
        )
        active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'"
        until(lambda: query(servers.database_url, active))
        os.kill(server_pid(data, "postgres"), signal.SIGKILL)
        assert client.wait(20) != 0
        assert until(lambda: query(servers.database_url, "SELECT 1")) == 1


def test_a_killed_valkey_is_healed_under_the_same_url(data: Path, ping: Callable[[str], bool], until: Until) -> None:
    with embedded(data, durable=False) as servers:
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        os.kill(server_pid(data, "valkey"), signal.SIGKILL)
        assert until(lambda: ping(servers.redis_url))


def test_a_server_that_cannot_come_back_is_given_up_and_others_are_told_why(
    data: Path, open_elsewhere: Callable[..., Any], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "RESTART_PAUSES", (0.0, 0.0))
    with embedded(data, durable=False):
        (data / "postgres" / "PG_VERSION").write_text("17\n")
        os.kill(server_pid(data, "postgres"), signal.SIGKILL)
        until(lambda: (state := prepare(data).read_state()) and state.failure)
        error = open_elsewhere(data).told()["error"]
    assert error.startswith("PostgreSQL is down and could not be started again")
    assert "initialized by PostgreSQL version 17" in error


def test_after_the_owner_was_killed_the_folder_opens_again_with_all_rows(
    data: Path, open_elsewhere: Callable[..., Any], query: Query
) -> None:
    owner = open_elsewhere(data, durable=True)
    url = owner.told()["database"]
    query(url, "CREATE TABLE kept AS SELECT 42 AS number")
    owner.kill()
    with embedded(data) as servers:
        assert query(servers.database_url, "SELECT number FROM kept") == 42
        assert servers.database_url != url
    assert not Path(url.partition("host=")[2]).exists()


def test_on_linux_the_servers_end_with_a_killed_owner(data: Path, open_elsewhere: Callable[..., Any], until: Until) -> None:
    owner = open_elsewhere(data)
    owner.told()
    mark = prepare(data).mark
    owner.kill()
    if os.uname().sysname == "Linux":
        until(lambda: not processes.with_mark(mark))
    with embedded(data, durable=False):
        pass


def test_a_postgresql_without_an_owner_is_ended_and_replaced(data: Path, query: Query, until: Until) -> None:
    with embedded(data) as servers:
        query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS number")
    found = prepare(data)
    sockets = make_socket_folder(found.account)
    orphan_server = Postgres(found, sockets, programs.choose(found, capabilities=True), durable=True)
    orphan = subprocess.Popen(orphan_server.start_command(), stderr=subprocess.DEVNULL)
    until(lambda: orphan_server.is_ready(orphan.pid))
    with embedded(data) as servers:
        assert query(servers.database_url, "SELECT number FROM kept") == 42
        assert orphan.wait(10) == 0
    sockets.rmdir()


def test_a_stale_lock_file_with_the_number_of_a_stranger_does_not_block_the_start(data: Path, query: Query) -> None:
    with embedded(data, durable=False):
        lock_file = (data / "postgres" / "postmaster.pid").read_text()
    stranger = subprocess.Popen(["sleep", "60"], user=prepare(data).account.uid if os.geteuid() == 0 else None)
    try:
        stale = data / "postgres" / "postmaster.pid"
        stale.write_text("\n".join([str(stranger.pid), *lock_file.split("\n")[1:]]))
        with embedded(data, durable=False) as servers:
            assert query(servers.database_url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_half_made_cluster_of_a_killed_first_start_is_thrown_away(
    folder: Path, open_elsewhere: Callable[..., Any], query: Query, until: Until
) -> None:
    data = folder / "data"
    owner = open_elsewhere(data)
    until(lambda: list(data.glob("postgres.new-*/PG_VERSION")))
    owner.kill()
    with embedded(data, durable=False) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
    assert not list(data.glob("postgres.new-*"))


def test_a_holder_without_servers_is_reported_after_the_patience(folder: Path) -> None:
    lock = try_lock(prepare(folder / "data"))
    assert lock is not None
    began = time.monotonic()
    with (
        pytest.raises(ServerError, match="Another process holds the data folder"),
        embedded(folder / "data", start_timeout=0.2),
    ):
        pass
    assert time.monotonic() - began < 20  # of the thirty seconds that it would wait by itself
    unlock(lock)
