"""The report: where the bad rows are listed."""

import csv
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from piecework.platform.errors import SetupError
from piecework.tasks.importing.bad import BadRow
from piecework.tasks.importing.reader import Reader


def check_report(report: Path | None, path: Path) -> None:
    """Say at once what would otherwise be said after the whole file has been read."""
    if report is None:
        return
    if report.exists() and report.samefile(path):
        raise SetupError("The report would overwrite the file that is imported: choose another name.")
    if report.is_dir() or not report.parent.is_dir():
        raise SetupError(f"The report cannot be written to {report}: there is no such folder, or it is one.")


def write_report(report: Path, bad: Sequence[BadRow], rejected: int) -> None:
    """Write the bad rows down, whole or not at all, for the owner's eyes only.

    Raises:
        SetupError: it cannot be written.
    """
    part: str | None = None
    try:
        descriptor, part = tempfile.mkstemp(dir=report.parent, prefix=f".{report.name[:40]}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(("line", "external_id", "field", "reason"))
            for row in bad:
                writer.writerows(
                    (row.line, _harmless(row.external_id), _harmless(name), _harmless(reason)) for name, reason in row.faults
                )
            if rejected > len(bad):
                writer.writerow(("", "", "", f"{rejected - len(bad)} more bad rows are not listed"))
        Path(part).replace(report)
    except OSError as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        raise SetupError(f"The report cannot be written to {report}: {error.strerror or type(error).__name__}.") from None


def _harmless(text: str) -> str:
    """A cell that a spreadsheet shows and does not run."""
    return "'" + text if text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text


def nothing_good(path: Path, reader: Reader, report: Path | None) -> str:
    """Why nothing was imported, in one line: the first bad row."""
    first = reader.bad[0]
    name, reason = first.faults[0]
    place = f"line {first.line}, {name}" if name else f"line {first.line}"
    where = f" All are in {report}." if report is not None else ""
    return f"{path}: nothing was imported, because all {reader.rejected} rows are bad. The first: {place}: {reason}.{where}"
