"""`piecework account export` and `account erase`: the real command."""

import asyncio
import os
import sys
from pathlib import Path

import orjson

from piecework.platform import db
from tests.world import World


async def piecework(world: World, *arguments: str) -> tuple[int, str]:
    """Run the command on the world's database; gives the exit code and what stood on stderr."""
    assert world.settings.database_url
    assert world.settings.redis_url
    servers = {"DATABASE_URL": world.settings.database_url, "REDIS_URL": world.settings.redis_url}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "piecework.platform.cli",
        *arguments,
        env=os.environ | servers,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await running.communicate()
    assert running.returncode is not None
    return running.returncode, said.decode()


async def test_a_person_is_exported_and_erased(world: World, tmp_path: Path) -> None:
    anna = await world.worker("anna")
    file = tmp_path / "anna.json"
    assert await piecework(world, "account", "export", "anna@example.test", "--out", str(file)) == (0, "")
    document = orjson.loads(file.read_bytes())
    assert document["person"] == str(anna.id)
    (row,) = next(one["rows"] for one in document["sections"] if one["name"] == "account")
    assert row["email"] == "anna@example.test"

    code, said = await piecework(world, "account", "erase", "anna@example.test", "--reason", "as she asked")
    assert (code, said) == (2, "piecework: A contract is in force or begins later. It must end first.\n")
    await world.person("boris")
    assert await piecework(world, "account", "erase", "boris@example.test", "--reason", "as he asked") == (0, "")
    assert await db.scalar("SELECT count(*) FROM account WHERE email = 'boris@example.test'") == 0


async def test_what_cannot_be_done_is_one_line(world: World, tmp_path: Path) -> None:
    for arguments in (
        ("export", "nobody@example.test", "--out", str(tmp_path / "x.json")),
        ("export", "freelancer@example.test", "--out", str(tmp_path / "no" / "x.json")),
        ("erase", "nobody@example.test", "--reason", "none"),
    ):
        code, said = await piecework(world, "account", *arguments)
        assert (code, said.count("\n"), said.startswith("piecework: ")) == (2, 1, True)
