"""What cannot be imported: a file as a whole, or one row of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piecework.platform.errors import SetupError
from piecework.platform.said import Said

SENT = Path("The file")
"""What stands for the name of a file whose rows were sent."""


class BadFile(SetupError):
    """The file as a whole cannot be imported; nothing of it was. One line says why and, where it can, on which line or byte."""

    def __init__(self, reason: str | Said) -> None:
        super().__init__(str(reason))
        self.reason = reason


class OtherColumns(BadFile):
    """The file does not have the columns that it was said to have."""


def named(path: Path) -> str | Said:
    """A file's name in a reason."""
    return Said("The file") if path == SENT else str(path)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: the line on which it starts, and what is wrong, field by field."""

    line: int
    external_id: str
    faults: Sequence[tuple[str, str]]


def shown_on_a_line(text: str, most: int) -> str:
    """Somebody else's text on one line: no control characters, not long."""
    return "".join(char if char.isprintable() else "?" for char in text[:most])
