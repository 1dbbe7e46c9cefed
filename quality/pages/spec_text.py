"""What curators write as JSON: read by the very rules of the API, every fault with the line that it stands in.

The place is found in the text itself, so that somebody with a file of a thousand lines sees where to look.
"""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from piecework.platform.errors import Invalid
from piecework.platform.web import body

M = TypeVar("M", bound=BaseModel)
Path = tuple[str, ...]
FIELD = "as_text"
"""The field of the form that holds the text."""
SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()
PLACE = re.compile("[0-9]{1,9}")
"""In a list."""
DEEPEST = 20
"""No shape nests so deeply: what lies further down in a text is passed over, so that a bomb stays small."""


def read(shape: type[M], text: str) -> M:
    """The shape that a text describes.

    Raises:
        Invalid: it is not JSON, or does not fit; each of the errors has `line`, and `place` as the way into the text.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        fault = {"field": FIELD, "code": "not_json", "message": f"{error.msg}.", "line": error.lineno, "place": ""}
        raise Invalid(errors=[fault]) from None
    except (ValueError, RecursionError):  # an integer of thousands of digits
        message = "It is nested too deeply, or has a number that is too long."
        raise Invalid(errors=[{"field": FIELD, "code": "not_json", "message": message}]) from None
    try:
        return body.parse(shape, text.encode(errors="surrogatepass"), "application/json")
    except Invalid as refused:
        known = _lines(text)
        raise Invalid(errors=[_placed(dict(one), known) for one in refused.extra.get("errors", [])]) from None


def _placed(error: dict[str, Any], known: Mapping[Path, int]) -> dict[str, Any]:
    steps = [one for one in error["field"].split(".") if one]
    path: Path = ()
    for step in steps:  # what the shape adds to tell kinds apart is in no text
        if (*path, step) in known:
            path = (*path, step)
    words = [str(int(one) + 1) if PLACE.fullmatch(one) else one for one in path]
    if steps and error["code"] == "missing":
        words.append(steps[-1])
    return {**error, "field": FIELD, "line": known.get(path, 1), "place": " › ".join(words)}


def _lines(text: str) -> dict[Path, int]:
    """The line in which each value of a JSON text begins, by its way from the top."""
    found: dict[Path, int] = {}
    breaks = [match.start() for match in re.finditer("\n", text)]
    with contextlib.suppress(ValueError, IndexError, RecursionError):  # of a text that is broken, what comes before the break
        _walk(text, 0, (), found)
    return {path: 1 + _before(breaks, at) for path, at in found.items()}


def _before(breaks: Sequence[int], at: int) -> int:
    low, high = 0, len(breaks)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if breaks[middle] < at else (low, middle)
    return low


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return at if found is None else found.end()


def _walk(text: str, at: int, path: Path, found: dict[Path, int]) -> int:
    """Note where the value at a place and all inside it begin; returns where it ends."""
    at = _skip(text, at)
    found[path] = at
    if text[at] not in "{[" or len(path) >= DEEPEST:
        return DECODER.raw_decode(text, at)[1]
    keyed, number = text[at] == "{", 0
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        key = str(number)
        begins = at
        if keyed:
            key, at = DECODER.raw_decode(text, at)
            at = _skip(text, at) + 1  # the colon
        at = _skip(text, _walk(text, at, (*path, key), found))
        if keyed:
            found[(*path, key)] = begins  # a member's line is that of its name
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return at + 1
