"""A freelancer's own pages: contract, norm, hours, absences, messages."""

from datetime import UTC, datetime, timedelta

from tests.pages.plain import Browser
from tests.world import World


async def test_an_offer_is_read_accepted_and_ended(world: World) -> None:
    anna = await world.person("anna")
    own = await Browser.of(world, anna)
    terms = {"rate": "By the price list.", "regime": "none", "clauses": "<script>alert(1)</script>"}
    offer = await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", terms)
    path = f"/me/offers/{offer['id']}"
    shown = await own.get(path)
    assert "<script>alert" not in shown
    assert offer["sha256"] in shown
    assert (await own.do(path, f"{path}/accept", sha256="0" * 64))[0] == 409
    assert await own.do(path, f"{path}/accept", sha256=offer["sha256"]) == (303, "/me/contract")
    assert (await anna.ok("GET", "/me/contract"))["in_force"]["offer_id"] == offer["id"]
    later = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert (await own.do("/me/contract/end", "/me/contract/end", day=later))[0] == 303
    assert (await anna.ok("GET", "/me/contract"))["ends"]


async def test_leave_and_shifts_are_told(world: World) -> None:
    anna = await world.worker("anna")
    own = await Browser.of(world, anna)
    day = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    told = {"kind": "leave", "first_day": day, "last_day": day, "words": ""}
    assert await own.do("/me/leave", "/me/leave", **told) == (303, "/me/leave")
    (leave,) = (await anna.ok("GET", "/me/leave"))["items"]
    assert await own.do("/me/leave", f"/me/leave/{leave['id']}/cancel") == (303, "/me/leave")
    hours = {"pattern": "own", "anchor": "", "every.since": "", "every.until": "", "days.1.since": "09:00"}
    hours |= {"days.1.until": "18:00", "days.2.since": "", "days.2.until": ""}
    assert (await own.do("/me/hours", "/me/hours", **hours))[0] == 303
    stated = (await anna.ok("GET", "/me/shifts"))["versions"][0]
    assert [(one["weekday"], one["from"], one["until"]) for one in stated["hours"]] == [(1, "09:00", "18:00")]
