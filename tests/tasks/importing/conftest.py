"""A project that takes tickets, and short ways to import a file and to read its report."""

import csv
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from piecework.tasks.importing import Imported, import_tickets
from tests.world import World


@pytest.fixture
async def shop(world: World) -> World:
    await world.project()
    return world


@pytest.fixture
def load(shop: World, tmp_path: Path) -> Callable[..., Awaitable[Imported]]:
    async def load(content: str | bytes, name: str = "tickets.csv", **more: Any) -> Imported:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {"project_code": "orders", "source": "helpdesk", "actor": shop.requester.id, "report": tmp_path / "report.csv"}
        return await import_tickets(path, **(given | more))

    return load


@pytest.fixture
def report(tmp_path: Path) -> Callable[[], list[tuple[str, ...]]]:
    def read() -> list[tuple[str, ...]]:
        with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        assert header == ["line", "external_id", "field", "reason"]
        return [tuple(row) for row in rows]

    return read
