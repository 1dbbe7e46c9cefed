"""Passwords that are hashed as they are shipped, but for the cost: a quarter of a second of work for each account and each sign-in."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from piecework.platform.identity import passwords


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Argon2id with next to no memory and one pass."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()
