"""An independent program reads the ledger and comes to the same balances."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from piecework.payouts.reports import beancount
from piecework.platform import db
from tests.payouts.reports import everything as e

pytestmark = pytest.mark.usefixtures("database")

BALANCES = """
import json, sys
from beancount import loader
from beancount.core import data, inventory
entries, errors, options = loader.load_file(sys.argv[1])
sums, count = {}, 0
for one in entries:
    if isinstance(one, data.Transaction):
        count += 1
        for posting in one.postings:
            key = posting.account + " " + posting.units.currency
            sums[key] = sums.get(key, 0) + posting.units.number
print(json.dumps({"errors": [one.message for one in errors], "count": count, "sums": {k: str(v) for k, v in sums.items()}}))
"""


async def file_of(folder: Path, **filters: str) -> Path:
    path = folder / "ledger.beancount"
    path.write_bytes(await e.run("ledger", "beancount", **filters))
    return path


def checked(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([Path(sys.executable).parent / "bean-check", path], capture_output=True, text=True, check=False)


def read(path: Path) -> Any:
    """The ledger as beancount has read it, by a process of its own."""
    return json.loads(subprocess.run([sys.executable, "-c", BALANCES, path], capture_output=True, text=True, check=True).stdout)


async def test_bean_check_accepts_it_and_its_balances_are_ours(tmp_path: Path) -> None:
    made = await e.make()
    path = await file_of(tmp_path)
    done = checked(path)
    assert (done.returncode, done.stderr) == (0, "")
    told = read(path)
    assert told["errors"] == []
    assert told["count"] == await db.scalar("SELECT count(*) FROM entry")
    ours = await db.rows(
        """SELECT l.kind, l.owner, l.currency, sum(p.amount)::bigint AS amount
           FROM posting p JOIN ledger_account l ON l.id = p.account_id GROUP BY 1, 2, 3"""
    )
    assert {key: Decimal(value) for key, value in told["sums"].items()} == {
        f"{beancount.account(row['kind'], row['owner'])} {row['currency']}": Decimal(row["amount"]) / 10_000 for row in ours
    }
    assert f"Liabilities:Payable:Id-{made.anna}" in path.read_text()


async def test_it_would_be_found_out(tmp_path: Path) -> None:
    await e.make()
    path = await file_of(tmp_path)
    text = path.read_text()
    path.write_text(text.replace("2.0000 RUB", "2.0001 RUB", 1))
    assert "does not balance" in checked(path).stderr
    path.write_text(re.sub(r"(balance Assets:Bank  -?\d+\.\d{3})\d", r"\g<1>9", text, count=1))
    assert "Balance failed" in checked(path).stderr


@pytest.mark.parametrize("filters", [{"currency": "USD"}, {"recorded_until": "2025-01-01"}])
async def test_a_part_with_balances_of_its_own(tmp_path: Path, filters: dict[str, str]) -> None:
    await e.make()
    path = await file_of(tmp_path, **filters)
    done = checked(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_text().count("RUB") == 0


def test_every_kind_of_account_has_its_place() -> None:
    from piecework.platform.db.migrate import sql_file

    schema = Path(beancount.__file__).parents[1] / "migrations" / "x.py"
    (listed,) = re.findall(r"ledger_account_kind_check CHECK \(kind IN \(([^)]*)\)", sql_file(str(schema), "core.sql"))
    assert set(re.findall(r"'(\w+)'", listed)) == set(beancount.PLACES)


@pytest.mark.parametrize("owner", ["", "house", 'РФ; "x"', "a:b c", "019af3c2-0000-7000-8000-000000000000"])
def test_account_names_are_legal_whatever_the_owner_is_called(owner: str) -> None:
    assert re.fullmatch(r"[A-Z][a-z]+(:[A-Z][A-Za-z0-9-]*)+", beancount.account("payable", owner))
    assert beancount.quoted('a "b" \\ c\nd') == '"a \\"b\\" \\\\ c d"'
