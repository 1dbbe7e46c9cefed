"""A freelancer's own pages: contract, norm, hours, absences, messages."""

import re
import uuid
from datetime import UTC, datetime, timedelta

from piecework.platform.identity.principal import COOKIE
from piecework.tasks.pages import me_contract_views, me_hours_views, me_leave_views, me_message_views, me_norm_views
from tests.pages.conftest import session
from tests.world import World

MODULES = (me_contract_views, me_hours_views, me_leave_views, me_message_views, me_norm_views)


async def test_every_view_is_refused_to_staff(world: World) -> None:
    cookies = {"cookie": f"{COOKIE}={await session(world.curator.id)}", "sec-fetch-site": "same-origin"}
    for view in (view for module in MODULES for view in module.VIEWS):
        path = re.sub(r"\{\w+\}", str(uuid.uuid4()), view.path)
        reply = await world.client.request(view.method, path, headers=cookies)
        assert reply.status_code == 403, (view.method, path)


async def test_an_offer_is_read_accepted_and_ended(world: World) -> None:
    anna = await world.person("anna")
    cookies = {"cookie": f"{COOKIE}={await session(anna.id)}", "sec-fetch-site": "same-origin"}
    terms = {"rate": "By the price list.", "regime": "none", "clauses": "<script>alert(1)</script>"}
    offer = await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", terms)
    path = f"/me/offers/{offer['id']}"
    shown = (await world.client.get(path, headers=cookies)).text
    assert "<script>alert" not in shown
    assert offer["sha256"] in shown
    csrf = _csrf(shown)
    other = await world.client.post(f"{path}/accept", data={"csrf": csrf, "sha256": "0" * 64}, headers=cookies)
    assert other.status_code == 409
    done = await world.client.post(f"{path}/accept", data={"csrf": csrf, "sha256": offer["sha256"]}, headers=cookies)
    assert (done.status_code, done.headers["location"]) == (303, "/me/contract")
    assert (await anna.ok("GET", "/me/contract"))["in_force"]["offer_id"] == offer["id"]
    later = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    ended = await world.client.post("/me/contract/end", data={"csrf": csrf, "day": later}, headers=cookies)
    assert ended.status_code == 303
    assert (await anna.ok("GET", "/me/contract"))["ends"]


async def test_leave_and_shifts_are_told(world: World) -> None:
    anna = await world.worker("anna")
    cookies = {"cookie": f"{COOKIE}={await session(anna.id)}", "sec-fetch-site": "same-origin"}
    csrf = _csrf((await world.client.get("/me/leave", headers=cookies)).text)
    day = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    told = {"csrf": csrf, "kind": "leave", "first_day": day, "last_day": day, "words": ""}
    assert (await world.client.post("/me/leave", data=told, headers=cookies)).status_code == 303
    (leave,) = (await anna.ok("GET", "/me/leave"))["items"]
    back = await world.client.post(f"/me/leave/{leave['id']}/cancel", data={"csrf": csrf}, headers=cookies)
    assert back.status_code == 303
    own = {"csrf": csrf, "pattern": "own", "anchor": "", "every.since": "", "every.until": "", "days.1.since": "09:00"}
    own |= {"days.1.until": "18:00", "days.2.since": "", "days.2.until": ""}
    assert (await world.client.post("/me/hours", data=own, headers=cookies)).status_code == 303
    stated = (await anna.ok("GET", "/me/shifts"))["versions"][0]
    assert [(one["weekday"], one["from"], one["until"]) for one in stated["hours"]] == [(1, "09:00", "18:00")]


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found is not None
    return found[1]
