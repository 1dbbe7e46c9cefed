"""A ticket from the text of one row, as strict as the API. Runs in a thread."""

import contextlib
import re
from datetime import UTC

import orjson
from pydantic import ValidationError

from piecework.tasks.importing.bad import BadRow, shown_on_a_line
from piecework.tasks.intake import TicketIn
from piecework.tasks.masking import mask

MOST_FAULTS = 8
COLUMNS = tuple(TicketIn.model_fields)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
JSON_PLACE = re.compile(r" at line \d+ column (\d+)$")


def ticket_in(line: int, body: str | bytes, external_id: str | None, faults: list[tuple[str, str]]) -> TicketIn | BadRow:
    """The ticket in a JSON text, as strict as the API; `faults` were found before. `external_id` None: look for it in the text."""
    ticket: TicketIn | None = None
    try:
        ticket = TicketIn.model_validate_json(body)
    except ValidationError as error:
        faults += _faults(error)
    except (ValueError, RecursionError):  # such as a number of thousands of digits
        faults.append(("", "is not JSON that can be read"))
    if ticket is not None:
        faults += _unstorable(ticket)
        if not faults:
            return ticket
    if external_id is None:
        with contextlib.suppress(ValueError, RecursionError):
            value = orjson.loads(body)
            external_id = value.get("external_id") if isinstance(value, dict) else None
    return BadRow(line, shown_on_a_line(external_id, 200) if isinstance(external_id, str) else "", faults[:MOST_FAULTS])


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    if error.error_count() > 100:  # thousands of unknown keys in one line are not worth a list
        return [("", f"{error.error_count()} fields are unknown or wrong")]
    found: list[tuple[str, str]] = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in item["loc"])
        reason = JSON_PLACE.sub(r" at character \1", item["msg"])
        # The name of an unknown key is the sender's text, like a value.
        found.append((place, reason) if place in COLUMNS else (shown_on_a_line(mask(place[:1000]).text, 40), reason))
    return found


def _unstorable(ticket: TicketIn) -> list[tuple[str, str]]:
    """What is fine in Python but cannot be kept in PostgreSQL."""
    found = [
        (name, "contains NUL or half a surrogate pair")
        for name in ("external_id", "subject", "text")
        if UNSTORABLE.search(getattr(ticket, name))
    ]
    try:
        if ticket.deadline_at is not None:
            ticket.deadline_at.astimezone(UTC)
    except OverflowError:
        found.append(("deadline_at", "is too far away"))
    return found
