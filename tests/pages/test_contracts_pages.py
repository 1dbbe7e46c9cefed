"""Staff's pages of contracts and norms: offers seen before they are made, ends, long illness, weeks, missed norms, rules, outages."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piecework.platform import db
from tests.pages.plain import Browser
from tests.tasks.norms.past import DAY, Past
from tests.world import World

HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"
TERMS = {
    "rate": "Each accepted task is paid at its price.", "price_list": "", "weekly_norm": "100", "weekly_cap": "500", "max_held": "5",
    "notice_days": "14", "zone": "Europe/Moscow", "day": "", "cadence": "weekly", "regime": "self_employed", "clauses": "",
}  # fmt: skip


@pytest.fixture
async def desk(world: World) -> Browser:
    return await Browser.of(world, world.curator)


@pytest.fixture
async def past(world: World) -> AsyncIterator[Past]:
    async with Past.of(world) as made:
        yield made


class TestContracts:
    async def test_an_offer_is_looked_at_made_replaced_and_withdrawn(self, world: World, desk: Browser) -> None:
        anna = await world.person("anna")
        place = f"/contracts/{anna.id}"
        assert f'href="{place}"' in await desk.read("/contracts?state=none&q=ann")
        form = f"{place}/offer"
        status, page = await desk.do(form, form, act="look", **TERMS | {"clauses": "Ночью не работать."})
        assert (status, "The offer as the person would read it" in page, "Ночью не работать." in page) == (200, True, True)
        assert await db.scalar("SELECT count(*) FROM contract_offer") == 0
        status, page = await desk.do(form, form, act="offer", **TERMS | {"weekly_cap": "50", "rate": HOSTILE[:-1]})
        assert (status, "weekly_cap is less than weekly_norm" in page, 'value="50"' in page) == (422, True, True)
        status, page = await desk.do(form, form, act="offer", **TERMS | {"zone": "Mars/Base"})
        assert (status, 'value="Mars/Base"' in page) == (422, True)
        assert await desk.do(form, form, act="offer", **TERMS) == (303, place)
        assert f'href="{place}"' in await desk.read("/contracts?state=offered")
        (offer,) = (await anna.ok("GET", "/me/offers"))["items"]
        gone = await desk.do(place, f"{place}/offers/{offer['id']}/withdraw", reason="A slip of the pen.")
        assert gone == (303, place)
        assert "A slip of the pen." in await desk.read(place)

    async def test_worse_terms_wait_for_the_notice_and_an_end_is_announced(self, world: World, desk: Browser) -> None:
        anna = await world.worker("anna", weekly_norm=100, rate="by the ticket")
        place = f"/contracts/{anna.id}"
        form = f"{place}/offer"
        assert 'value="100"' in await desk.read(form)
        status, page = await desk.do(form, form, act="look", **TERMS | {"weekly_norm": "200"})
        assert status == 200
        assert re.search(r"not surely in the person’s favour:\s*how pay is reckoned,\s*the norm of a week", page), page
        assert "They wait for the notice period." in page
        assert await desk.do(place, f"{place}/end", day="", reason="No more work of this kind.") == (303, place)
        shown = await desk.read(place)
        assert "No more work of this kind." in shown
        assert "The person may appeal until" in shown
        assert f'href="{place}"' in await desk.read("/contracts?state=ending")
        finance = await Browser.of(world, world.finance)
        assert f'action="{place}/end"' not in await finance.read(place)

    async def test_a_long_illness_is_confirmed_or_not(self, world: World, desk: Browser) -> None:
        anna = await world.worker("anna")
        told = []
        for first in (1, 12):
            days = [(datetime.now(UTC) + timedelta(days=first + more)).date().isoformat() for more in (0, 6)]
            body = {"kind": "illness", "first_day": days[0], "last_day": days[1], "words": HOSTILE}
            told.append((await anna.ok("POST", "/me/leave", body))["id"])
        shown = (await desk.world.client.get("/leave", headers=desk.headers)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]" in shown
        assert re.search(r'class="badge">2<', shown)
        assert await desk.do("/leave", f"/leave/{told[0]}/confirm", reason="The letter was shown.") == (303, "/leave")
        assert await desk.do("/leave", f"/leave/{told[1]}/refuse", reason="No letter came.") == (303, "/leave")
        assert "Nothing waits to be confirmed." in await desk.read("/leave")
        assert "No letter came." in await desk.read(f"/contracts/{anna.id}")
        status, _ = await desk.do("/leave", f"/leave/{told[1]}/confirm", reason="Once more.")
        assert status == 409


class TestNorms:
    async def test_missed_weeks_are_seen_with_their_lines_and_decided(self, world: World, past: Past, desk: Browser) -> None:
        anna = await world.worker("anna", weekly_norm=50)
        await past.began([anna.id], past.monday - 14 * DAY)
        await past.gap(anna.id, past.at(2, "10:00"), past.at(2, "10:10"), "left")
        await past.pulse(past.monday - 14 * DAY, past.monday + 7 * DAY)
        await past.answers(anna.id, 12, past.at(3, "10:00"))
        await past.close(anna.id)
        assert "12" in await desk.read("/weeks?result=missed")
        week = await db.scalar(
            "SELECT w.id FROM week w JOIN week_newest r USING (freelancer_id, starts_at) ORDER BY w.starts_at DESC LIMIT 1"
        )
        shown = await desk.read(f"/weeks/{week}")
        assert "There was no work for them" in shown
        assert shown.count("<td>yes</td>") == 12
        case = await db.scalar("SELECT id FROM norm_case")
        place = f"/norm-cases/{case}"
        assert f'href="{place}"' in await desk.read("/norm-cases?state=proposed")
        waits = await desk.read(place)
        assert "may still be appealed" in waits
        assert 'name="decision"' not in waits
        await past.owner.execute("ALTER TABLE appealable DISABLE TRIGGER settles_once")
        await past.owner.execute("UPDATE appealable SET appeal_by = now() - interval '1 hour'")
        await past.owner.execute("ALTER TABLE appealable ENABLE TRIGGER settles_once")
        status, page = await desk.do(place, place, decision="offer", reason="short")
        assert (status, "short" in page) == (422, True)
        decided = await desk.do(place, place, decision="offer", reason="Half the norm is what they can do.")
        assert decided == (303, f"/contracts/{anna.id}/offer")
        assert "Half the norm is what they can do." in await desk.read(place)

    async def test_rules_are_set_by_curators_and_outages_recorded_by_administrators(self, world: World, desk: Browser) -> None:
        rules = {
            "gap_daily_hours": "6",
            "free_returns": "2",
            "second_percent": "2,5",
            "propose_after": "4",
            "propose_within": "9",
        }
        assert await desk.do("/norm-policy", "/norm-policy", reason="As agreed with all.", **rules) == (303, "/norm-policy")
        now = (await world.curator.ok("GET", "/norm-policy"))["current"]["policy"]
        assert (now["second_chance"], now["propose_within"]) == (250, 9)
        assert 'action="/outages"' not in await desk.read("/outages")
        admin = await Browser.of(world, world.administrator, zone="Europe/Moscow")
        times = {"starts": "2026-01-05T10:00", "ends": "2026-01-05T11:30"}
        done = await admin.do("/outages", "/outages", reason="The helpdesk sent nothing.", **times)
        assert done == (303, "/outages")
        (known,) = (await world.curator.ok("GET", "/outages"))["items"]
        assert known["starts_at"].startswith("2026-01-05T07:00:00")
        assert "The helpdesk sent nothing." in await desk.read("/outages")
        status, page = await admin.do("/outages", "/outages", reason="Backwards.", starts=times["ends"], ends=times["starts"])
        assert (status, "Backwards." in page) == (422, True)


async def test_lists_make_as_many_queries_for_many_people_as_for_few(
    world: World, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("rows", "row", "scalar"):
        real = getattr(db, name)
        monkeypatch.setattr(db, name, _counted(real, asked))
    counts = []
    for more in (1, 8):
        await world.crowd(more)
        asked.clear()
        await desk.read("/contracts")
        counts.append(sum("session" not in statement for statement in asked))  # who asks is looked up now and then
    assert counts[0] == counts[1] > 0


def _counted(real: Any, asked: list[str]) -> Any:
    async def counted(statement: str, *given: Any, **more: Any) -> Any:
        asked.append(statement)
        return await real(statement, *given, **more)

    return counted
