"""A house in which nothing has happened yet: the first thing that somebody sees of it."""

import pytest

from piecework.platform.app import book
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import COOKIE
from tests.pages.conftest import session
from tests.world import World

pytestmark = pytest.mark.timeout(60)


async def test_every_page_answers_before_there_is_anything_to_show(world: World) -> None:
    await world.requester.ok("POST", "/projects", {"code": "orders", "name": "Orders", "control_rate": 0})
    paths = [view.path.replace("{code}", "orders") for view in book().views if view.method == "GET"]
    failed = []
    for role in Role:
        headers = {"cookie": f"{COOKIE}={await session(world.people[role.value].id)}", "accept": "text/html"}
        for path in (path for path in paths if "{" not in path):
            status = (await world.client.get(path, headers=headers)).status_code
            if status >= 500:
                failed.append((role.value, path, status))
    assert failed == []
