"""What takes longer than a page may wait for is reckoned in the background, and then reads like any other page."""

import re
from uuid import UUID

import pytest

from piecework.payouts.adjusting import effects
from piecework.payouts.pages import reading
from piecework.payouts.reports import exports
from piecework.platform.identity.models import Role
from tests.pages.plain import Browser
from tests.payouts.reports import everything
from tests.world import World

REPORTS = ("by-person", "by-ticket", "by-project", "by-requester", "by-rule", "by-day", "assignments", "entries", "liabilities",
           "reserved-accrued-paid", "by-tax", "cost-per-resolved-ticket")  # fmt: skip


def cells(page: str) -> list[str]:
    """What the report's own table says, which is the last on its page."""
    table = page[page.rindex("<table>") : page.rindex("</table>")]
    return [
        " ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", table, re.DOTALL)
    ]


async def reckoned(finance: Browser, world: World, path: str) -> tuple[str, str]:
    """Ask for a long report as its page offers it; returns the path and the page that shows it."""
    name = path.partition("?")[0].rpartition("/")[2]
    asked = await finance.post("/money/exports", {"name": name, "format": "jsonl", "filters.since": "2020-01-01"}, on=path)
    assert asked.status_code == 303, asked.text
    await world.drain()
    return asked.headers["location"], await finance.get(asked.headers["location"])


async def test_a_long_report_says_the_same_as_a_short_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await everything.make()
    finance = await Browser.of(world, "finance")
    for name in REPORTS:
        if "since" not in everything.engine.REPORTS[name].conditions:
            continue
        path = f"/money/reports/{name}?since=2020-01-01"
        short = await finance.get(path)
        monkeypatch.setattr(reading, "MOST", 0)
        long = await finance.get(path)
        assert "Reckon it" in long
        assert "<table>" not in long
        _, page = await reckoned(finance, world, path)
        assert cells(page) == cells(short), name
        monkeypatch.undo()


async def test_lines_of_a_written_report_are_read_across_its_pieces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await everything.make()
    monkeypatch.setattr(exports, "CHUNK", 700)
    monkeypatch.setattr(exports, "PIECE", 300)
    asked = await world.finance.ok("POST", "/report-exports", {"name": "by-person", "format": "jsonl"})
    await world.drain()
    whole = b"".join([piece async for piece in exports.chunks(UUID(asked["id"]))])
    seen: list[bytes] = []
    while found := await exports.lines(UUID(asked["id"]), len(b"".join(seen)), 3):
        seen += found
    assert b"".join(seen) == whole
    assert len(seen) == whole.count(b"\n") > 3


async def test_the_effect_of_a_rule_on_many_answers_is_reckoned_in_the_background(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.person("second", Role.FINANCE)
    night = {"code": "night", "title": "Night", "words": "A fifth more by night.", "spec": {"kind": "night", "percent": 2000}}
    rule = await world.finance.ok("POST", "/pay-rules", night)
    path = f"/money/rules/{rule['id']}"
    second = await Browser.of(world, "second")
    assert "Nothing: no work met its condition." in await second.get(path)
    monkeypatch.setattr(effects, "AT_ONCE", -1)
    assert "Nothing: no work met its condition." not in await second.get(path)
    asked = await second.post(f"{path}/effect", {}, on=path)
    assert asked.status_code == 303
    assert "It is being reckoned" in await second.get(path)
    await world.drain()
    page = await second.get(path)
    assert "As it was reckoned" in page
    assert "Nothing: no work met its condition." in page
