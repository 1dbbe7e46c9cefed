"""Weeks that are over."""

from collections.abc import AsyncIterator

import pytest

from tests.tasks.norms.past import Past
from tests.world import World


@pytest.fixture
async def past(world: World) -> AsyncIterator[Past]:
    async with Past.of(world) as made:
        yield made
