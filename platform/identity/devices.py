"""The devices that people sign in from, as far as a browser tells."""

import hashlib
import re
from uuid import UUID

from piecework.platform import db, jobs
from piecework.platform.ids import uuid7

VERSION = re.compile(r"\d+(?:[._]\d+)*")


def fingerprint(user_agent: str) -> bytes:
    """The SHA-256 of a browser's name without its versions: an update is no new device."""
    return hashlib.sha256(VERSION.sub("", user_agent).lower().encode()).digest()


async def note(account_id: UUID, user_agent: str) -> None:
    """A session was opened from this device. Records `device.added` if the account had never used it; in the current transaction."""
    if not user_agent:
        return
    device = fingerprint(user_agent)
    new = await db.scalar(
        """INSERT INTO device (account_id, fingerprint) VALUES ($1, $2)
           ON CONFLICT (account_id, fingerprint) DO UPDATE SET last_seen = now() RETURNING first_seen = last_seen""",
        account_id,
        device,
    )
    if new:
        await jobs.record("device.added", [(str(uuid7()), {"account": str(account_id), "device": device.hex()})])
