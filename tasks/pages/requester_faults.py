"""What is missing in a draft, beside the fields that show it."""

from collections.abc import Sequence
from typing import Any

from piecework.platform.pages.sheet import Marks
from piecework.tasks.coherence import Fault, Place
from piecework.tasks.pages.requester_words import REQUESTER

SAID_BY = {
    "options_wanted": "options",
    "options_alike": "options",
    "bounds_crossed": "max_length",
    "compared_otherwise": "compare",
}
"""Which field of a question says what is wrong with the question as a whole."""


def missing(faults: Sequence[Fault], within: Place) -> Marks:
    """The faults at a place of the draft: () is the whole without its steps, ("steps", 0) the first step."""
    errors: list[dict[str, Any]] = []
    for fault in faults:
        rest = fault.place[len(within) :]
        elsewhere = fault.place[: len(within)] != within or (not within and rest[:1] == ("steps",) and len(rest) > 1)
        if elsewhere:
            continue
        row = rest[1] + 1 if len(rest) > 1 and isinstance(rest[1], int) else None
        field = _name(rest, fault.code)
        errors.append(
            {
                "field": field,
                "code": _code(rest, fault.code),
                "message": fault.message,
                "way": _way(field, rest[0] if row is not None else "", row),
            }
        )
    untitled = {one["field"].removesuffix(".title") for one in errors if one["field"].endswith(".title")}
    # A question gets its name with its title.
    named = [one for one in errors if not (one["field"].endswith(".name") and one["field"].removesuffix(".name") in untitled)]
    return Marks({"errors": named})


def _way(field: str, section: object, row: int | None) -> list[str | int]:
    """The way to a field in words: the section of the page and the number of the row, if it stands in one, and what it is called there."""
    words = REQUESTER["editor"]
    last = field.rpartition(".")[2]
    way: list[str | int] = [] if row is None else [words.get(str(section), ""), row]
    return way if last.isdigit() else [*way, words.get(f"{section}.{last}", words.get(last, last))]


def _code(rest: Place, code: str) -> str:
    last = rest[-1] if rest else ""
    if code == "value_error" and last in ("price", "cost_ceiling"):
        return "not_an_amount"
    return "missing" if code == "string_too_short" and last in ("title", "name") else code


def _name(rest: Place, code: str) -> str:
    """The field of the form that stands for a place."""
    match rest:
        case ("answer", int() as row, *below):
            name = _of_answer(below, code)
            return f"answer.{row}.{name}"
        case ("when", int() as row, *_):
            return f"when.{row}"
        case ("redo", *below):
            return "redo_most" if below == ["most"] else "redo_is" if below else "redo"
        case ("after" | "not_by" | "urgent_when" as what, *_):
            return str(what)
        case _:
            name = ".".join(map(str, rest))
            return {"checking": "checking.accept_from", "time_limit_s": "minutes"}.get(name, name)


def _of_answer(below: Sequence[str | int], code: str) -> str:
    match below:
        case []:
            return SAID_BY.get(code, "title")
        case ["compare", *_]:
            return "bound" if code in ("threshold_wanted", "tolerance_wanted") else "compare"
        case _:
            return str(below[0])
