"""`piecework account export` and `account erase`: the real command."""

from pathlib import Path

import orjson

from piecework.platform import db
from tests.commands import piecework
from tests.world import World


async def test_a_person_is_exported_and_erased(world: World, tmp_path: Path) -> None:
    anna = await world.worker("anna")
    file = tmp_path / "anna.json"
    code, out, said = await piecework(world, tmp_path, "account", "export", "anna@example.test", "--out", str(file))
    assert (code, out, said) == (0, f"{file.stat().st_size} bytes in {file}\n", "")
    document = orjson.loads(file.read_bytes())
    assert document["person"] == str(anna.id)
    (row,) = next(one["rows"] for one in document["sections"] if one["name"] == "account")
    assert row["email"] == "anna@example.test"

    code, _, said = await piecework(world, tmp_path, "account", "erase", "anna@example.test", "--reason", "as she asked")
    assert (code, said) == (2, "piecework: A contract is in force or begins later. It must end first.\n")
    await world.person("boris")
    code, _, said = await piecework(world, tmp_path, "account", "erase", "boris@example.test", "--reason", "as he asked")
    assert (code, said) == (0, "")
    assert await db.scalar("SELECT count(*) FROM account WHERE email = 'boris@example.test'") == 0


async def test_what_cannot_be_done_is_one_line(world: World, tmp_path: Path) -> None:
    for arguments in (
        ("export", "nobody@example.test", "--out", str(tmp_path / "x.json")),
        ("export", "freelancer@example.test", "--out", str(tmp_path / "no" / "x.json")),
        ("erase", "nobody@example.test", "--reason", "none"),
    ):
        code, _, said = await piecework(world, tmp_path, "account", *arguments)
        assert (code, said.count("\n"), said.startswith("piecework: ")) == (2, 1, True)
