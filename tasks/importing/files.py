"""The file: what its name tells, its bytes, its lines. The lines are read in a thread."""

import contextlib
import io
import stat
from collections.abc import Iterator
from pathlib import Path

from piecework.tasks.importing.bad import BadFile

MOST_CHARS = 1_048_576
"""Of one line of JSON, or of one record of a CSV file; more is a bad row."""
TOO_LONG = f"the row is longer than {MOST_CHARS:,} characters"
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def format_of(path: Path, fmt: str | None) -> str:
    """The format that is asked for, or else the one that the name tells."""
    kind = fmt or FORMATS.get(path.suffix.lower())
    if kind not in FORMATS.values():
        raise BadFile(f"{path} may be CSV or JSONL, its name does not tell: say --format csv or --format jsonl.")
    return str(kind)


def unreadable(path: Path, error: OSError) -> BadFile:
    """The refusal of a file that the system does not let us read."""
    return BadFile(f"{path} cannot be read: {error.strerror or type(error).__name__}.")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The file, if it is one that can be read."""
    try:
        # A pipe would block in open() and has no size to show progress against.
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadFile(f"{path} is not a file.")
        file = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise BadFile("The file's name is not a name.") from None
    with file:
        yield file


class Lines:
    """Lines of a UTF-8 file with their ends (LF, CR LF or CR), never more than MOST_CHARS + 1 characters at a time."""

    def __init__(self, file: io.BufferedReader, path: Path) -> None:
        self._file = file
        self._path = path
        self.number = 0
        """Of the line that was read last, in whole or in part; from 1."""
        self.whole = True
        """Whether that line has been read to its end."""
        try:
            if file.peek(3).startswith(b"\xef\xbb\xbf"):
                file.read(3)
        except OSError as error:
            raise unreadable(path, error) from None
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")

    def read(self) -> str:
        """The next line, or the next piece of a line that is too long; empty at the end of the file.

        Raises:
            BadFile: not UTF-8 at some byte (counted from 0), or the file cannot be read on.
        """
        try:
            piece = self._text.readline(MOST_CHARS + 1)
        except UnicodeDecodeError as error:
            at = self._file.tell() - len(error.object) + error.start
            raise BadFile(f"{self._path} is not UTF-8 at byte {at}. Save it as UTF-8 and import it again.") from None
        except OSError as error:
            raise unreadable(self._path, error) from None
        if self.whole and piece:
            self.number += 1
        self.whole = not piece or piece.endswith(("\n", "\r"))
        return piece

    def skip(self) -> None:
        """Go on to the end of a line that is too long."""
        while not self.whole:
            self.read()
