"""Objections to refusals and lapses. Upheld, the stage that ended the candidacy is opened again with a new deadline."""

from uuid import UUID

from piecework.platform import db
from piecework.quality.admissions import candidacies, words


async def settled(event_id: UUID, *, upheld: bool) -> None:
    """An appeal against the end of a candidacy was decided."""
    found = await db.row("SELECT candidacy_id FROM candidacy_event WHERE id = $1", event_id)
    if found is None or not upheld:
        return
    held = await candidacies.hold(found["candidacy_id"], ended=True)
    # Told twice: it is open since the first time, and what ended it later, if anything did, is another event.
    newest = "SELECT id FROM candidacy_event WHERE candidacy_id = $1 AND outcome IN ('refused', 'lapsed', 'reopened') ORDER BY place DESC LIMIT 1"
    if await db.scalar(newest, held.id) == event_id:
        await candidacies.reopen(held, held.say(words.UPHELD))
