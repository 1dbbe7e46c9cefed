"""Passwords: argon2id, off the event loop, the same time for known and unknown accounts."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = asyncio.Semaphore(2)  # 64 MiB each: a burst of sign-ins must not take the machine down


async def hash_password(password: str) -> str:
    """The argon2id hash to store (RFC 9106 parameters of argon2-cffi)."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """True if the password is right. Without a stored hash the same work is done, so that time tells nothing."""
    async with _AT_ONCE:
        right = await asyncio.to_thread(_verify, stored, password)
    return right and stored is not None


@cache
def _nobodys() -> str:
    """Made when first needed: it takes a tenth of a second and more, which no command line should pay for starting."""
    return _HASHER.hash("nobody has this password")


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
