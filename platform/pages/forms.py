"""From a browser's form to a shape: text becomes numbers, lists and nested objects as the shape declares them.

Names are paths: `price`, `steps.0.title`. A name given several times is a list. A field left empty counts as not given, unless the
shape asks for text there. What does not fit stays as it was typed, so that the shape's own error names it.
"""

import json
import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from piecework.platform.errors import Invalid, Malformed
from piecework.platform.said import Said
from piecework.platform.web import body

M = TypeVar("M", bound=BaseModel)
Schema = Mapping[str, Any]
DEEPEST = 8
MOST_ITEMS = 500
MOST_FIELDS = 5000
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
OWN = frozenset({"csrf", "once", "page_query"})
"""Fields of the kit's own, which no shape sees."""
INTEGER = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(r"-?[0-9]{1,18}([.,][0-9]{1,18})?")
HALVES = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, which some encodings can write: it is no text."""
ON = {"on": True, "true": True, "1": True, "false": False, "0": False, "off": False}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sent: the fields in their order, and the file `file` if there was one."""

    fields: Sequence[tuple[str, str]]
    file: bytes

    def first(self, name: str) -> str:
        """The first value of a field; empty if there is none."""
        return next((value for known, value in self.fields if known == name), "")

    def typed(self) -> dict[str, list[str]]:
        """All values by their fields' names, to show them again."""
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name, []).append(value)
        return found


async def sent(headers: Headers, raw: bytes) -> Sent:
    """Read a form's body.

    Raises:
        UnsupportedMediaType: it is not a form.
        Malformed: it cannot be read as one, or has more than 5,000 fields.
    """
    kind = headers.get("content-type", "")
    body.check_media_type(kind, (URLENCODED, MULTIPART))

    async def stream() -> AsyncGenerator[bytes, None]:
        yield raw
        yield b""

    try:
        if kind.partition(";")[0].strip().lower() == URLENCODED:
            form = await FormParser(headers, stream(), max_fields=MOST_FIELDS, max_part_size=len(raw) + 1).parse()
        else:
            form = await MultiPartParser(
                headers, stream(), max_files=1, max_fields=MOST_FIELDS, max_part_size=len(raw) + 1
            ).parse()
    except (MultiPartException, FormParserError, UnicodeError, KeyError):
        raise Malformed from None
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    await form.close()
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if any(HALVES.search(text) for field in fields for text in field):
        raise Malformed
    return Sent(fields, content)


def read(shape: type[M], fields: Iterable[tuple[str, str]]) -> M:
    """The shape that a form's fields describe.

    Raises:
        Invalid: they do not fit; `errors` says where, by the fields' names.
    """
    given = [(name, value) for name, value in fields if name not in OWN]
    _without_nul(given)
    schema = _schema(shape)
    fitted = _fit(_nested(given), schema, schema.get("$defs", {}))
    try:
        return shape.model_validate_json(json.dumps({} if fitted is None else fitted))
    except ValidationError as error:
        raise body.refusal(error) from None
    except ValueError:  # a lone surrogate
        raise Invalid(errors=[{"field": "", "code": "malformed", "message": Said("The text is not well-formed.")}]) from None


def as_typed(given: Sent) -> dict[str, list[str]]:
    """All values by their fields' names, for handlers that read them themselves.

    Raises:
        Invalid: there is NUL in them.
    """
    _without_nul(given.fields)
    return given.typed()


def _without_nul(fields: Iterable[tuple[str, str]]) -> None:
    if any("\x00" in name or "\x00" in value for name, value in fields):
        raise Invalid(errors=[{"field": "", "code": "nul_character", "message": Said("Text must not contain NUL.")}])


@cache
def _schema(shape: type[BaseModel]) -> Schema:
    return shape.model_json_schema(mode="validation")


def _nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in fields:
        path = name.removesuffix("[]").split(".")
        node = tree
        for part in path[:-1][:DEEPEST]:
            inner = node.setdefault(part, {})
            if not isinstance(inner, dict):
                raise Invalid(
                    errors=[{"field": name[:200], "code": "conflicting_names", "message": Said("Two fields contradict.")}]
                )
            node = inner
        node.setdefault(path[-1], [])
        if not isinstance(node[path[-1]], list):
            raise Invalid(errors=[{"field": name[:200], "code": "conflicting_names", "message": Said("Two fields contradict.")}])
        node[path[-1]].append(value.replace("\r\n", "\n"))
    return tree


def _fit(value: Any, schema: Schema, defs: Mapping[str, Schema]) -> Any:
    """A value as JSON would have it; None where nothing was given."""
    kinds = _kinds(schema, defs)
    if isinstance(value, dict):
        items = next((kind for kind in kinds if kind.get("type") == "array"), None)
        if items is not None:  # `steps.0.title`: the numbers only say the order
            order = sorted(value, key=lambda key: int(key) if key.isascii() and key.isdigit() and len(key) < 6 else 0)
            rows = (_fit(value[key], items.get("items", {}), defs) for key in order[:MOST_ITEMS])
            return [row for row in rows if row is not None]
        named = next((kind for kind in kinds if kind.get("type") == "object"), {})
        properties, others = named.get("properties", {}), named.get("additionalProperties")
        inner = {}
        for key, item in value.items():
            fitted = _fit(item, properties.get(key, others if isinstance(others, dict) else {}), defs)
            if fitted is not None:
                inner[key] = fitted
        return inner or None
    for kind in kinds:
        if kind.get("type") == "array":
            found = [_scalar(text, _kinds(kind.get("items", {}), defs)) for text in value]
            return [item for item in found if item is not None]
    return _scalar(value[-1], kinds)


def _kinds(schema: Schema, defs: Mapping[str, Schema]) -> list[Schema]:
    if "$ref" in schema:
        return _kinds(defs[str(schema["$ref"]).rsplit("/", 1)[-1]], defs)
    found = [kind for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, ()) for kind in _kinds(one, defs)]
    return found or [schema]


def _scalar(text: str, kinds: list[Schema]) -> Any:
    types = {kind.get("type") for kind in kinds}
    plain = any(kind.get("type") == "string" and not (kind.keys() & {"format", "pattern", "enum"}) for kind in kinds)
    trimmed = text.strip()
    if not trimmed and not (plain and "null" not in types):
        return None
    if "boolean" in types and trimmed.lower() in ON:
        return ON[trimmed.lower()]
    if "integer" in types and INTEGER.fullmatch(trimmed):
        return int(trimmed)
    if NUMBER.fullmatch(trimmed):
        if "string" in types and not plain and "," in trimmed:  # a decimal as it is written in Russian
            return trimmed.replace(",", ".")
        if "number" in types and "string" not in types:
            return float(trimmed.replace(",", "."))
    return text if plain else trimmed
