"""The invariants of tariffs notice what they are there for."""

import pytest

from piecework.platform import composition
from piecework.platform.invariants import check
from tests.payouts.tariffs.tariff_world import announce, item, per_step
from tests.traceless import undone
from tests.world import World

RATES, CLAIMS = "payouts.rates_are_approved", "payouts.claims_priced_by_their_tariff"


DAMAGES = [
    ("UPDATE rate SET price = price + 1", [RATES]),
    ("DELETE FROM rate", [RATES]),
    ("DELETE FROM rate_list", [RATES]),
    ("UPDATE rate_list SET starts_at = starts_at - interval '1 day'", [RATES]),
    ("UPDATE rate_list SET ticket_budget = 1", [RATES]),
    ("INSERT INTO rate_list (project_id, starts_at, tariff_id) SELECT id, now(), gen_random_uuid() FROM project", [RATES]),
    ("INSERT INTO rate SELECT tariff_id, 'stray', 1, '', 5 FROM rate_list", [RATES]),
    ("UPDATE assignment SET price = price - 1", [CLAIMS]),
    ("UPDATE assignment SET level = 5", [CLAIMS]),
    ("UPDATE assignment SET language = 'de'", [CLAIMS]),
]


async def test_damage_is_found(world: World, subtests: pytest.Subtests) -> None:
    await world.project()
    await world.tickets(1)
    await announce(world, per_step(item("3.10"), item("3.20", level=4), item("3.30", language="de")))
    await (await world.worker("anna")).claim()
    await world.verify()
    both = [one for one in composition.invariants() if one.name in (RATES, CLAIMS)]
    for damage, broken in DAMAGES:
        with subtests.test(damage):
            async with undone(damage):
                assert [one.name for one in both if not (await check(one)).ok] == broken
