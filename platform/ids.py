"""Identifiers: UUID version 7 (RFC 9562 section 5.7), sorted by time, written as text in the API."""

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 74 random bits. Later calls in later milliseconds sort later."""
    return _of(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10)))


def first_uuid7(since: datetime) -> UUID:
    """The least UUIDv7 of a moment: what was made from then on has no lesser id."""
    return _of(int(since.timestamp() * 1000), 0)


def _of(milliseconds: int, random: int) -> UUID:
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
