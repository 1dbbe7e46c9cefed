"""What is missing in a draft, beside the fields that show it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from piecework.tasks.coherence import Fault, Place

SAID_BY = {
    "options_wanted": "options",
    "options_alike": "options",
    "bounds_crossed": "max_length",
    "compared_otherwise": "compare",
}
"""Which field of a question says what is wrong with the question as a whole."""


@dataclass(frozen=True, slots=True)
class Missing:
    """As the kit's forms want it: `extra["errors"]`, each with field, code and message; here also the number of its row, if it has one."""

    extra: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What is missing."""
        return self.extra.get("errors", [])


def missing(faults: Sequence[Fault], within: Place) -> Missing:
    """The faults at a place of the draft: () is the whole without its steps, ("steps", 0) the first step."""
    errors: list[dict[str, Any]] = []
    for fault in faults:
        rest = fault.place[len(within) :]
        elsewhere = fault.place[: len(within)] != within or (not within and rest[:1] == ("steps",) and len(rest) > 1)
        if elsewhere:
            continue
        row = rest[1] + 1 if len(rest) > 1 and isinstance(rest[1], int) else None
        errors.append(
            {
                "field": _name(rest, fault.code),
                "code": _code(rest, fault.code),
                "message": fault.message,
                "row": row,
                "section": rest[0] if row is not None else "",
            }
        )
    untitled = {(one["section"], one["row"]) for one in errors if one["field"].endswith(".title")}
    # A question gets its name with its title.
    named = [one for one in errors if not one["field"].endswith(".name") or (one["section"], one["row"]) not in untitled]
    return Missing({"errors": named})


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
