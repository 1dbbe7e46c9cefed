"""Inputs drawn at random from the published description: bodies and parameters that fit it, at its bounds and beside them, and others."""

import copy
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import jsonschema_rs
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

DEEPEST = 5
LONGEST = 3_000
WORDS = (
    ["", " ", "x", "0", "Where is my order?", "Где мой заказ?", "O'Neil; --", '"quoted" \\', "100%", "line\nline\r\n\ttab", "=1+1", "{{7*7}}"]
    + ["\N{RIGHT-TO-LEFT OVERRIDE}x\N{ZERO WIDTH SPACE}", "İẞΩ\u0345", "\U0001f642\U0010ffff", "<img src=x>", "../..", "null", "1e400"]
)  # fmt: skip
ODD = (
    [None, True, -1, 0, 2**63, 10**30, -0.5, 1e300, "", "\x00", "x" * 70_000, "٣", "NaN", "0001-01-01T00:00:00+14:00", "9999-12-31"]
    + [[], {}, [None], [[[]]], {"": None}, {"__proto__": {}}]
)  # fmt: skip
"""What stands in the place of something else in bodies that need not fit."""
MOMENTS = ["2026-11-23T10:00:00Z", "2000-01-02T00:00:00Z", "2026-02-28T23:59:59.999999+03:00", "2199-12-31T00:00:00-11:30"]
DAYS = ["2026-11-23", "2024-02-29", "2026-01-01", "2199-12-31"]
SEEDED = settings(max_examples=6, derandomize=True, database=None, deadline=None, phases=[Phase.generate])


@cache
def spelled(pattern: str) -> Sequence[str]:
    """A few texts that a pattern fits, the shortest among them."""
    found: set[str] = set()

    @given(st.from_regex(pattern, fullmatch=pattern.startswith("^")))
    @SEEDED
    def collect(text: str) -> None:
        found.add(text.rstrip("\n").replace("\x00", "x"))

    collect()
    return sorted(found, key=lambda text: (len(text), text))


class Drawing:
    """Draws from the schemas of one document. `known`: texts and ids that exist, by which parameters of these names may go."""

    def __init__(self, document: Mapping[str, Any], known: Mapping[str, Sequence[str]], seed: str) -> None:
        self.document = document
        self.known = known
        self.chance = random.Random(seed)

    def value(self, schema: Mapping[str, Any], depth: int = 0, name: str = "") -> Any:
        """Something that fits a schema, as likely at a bound as between."""
        chance = self.chance
        if "$ref" in schema:
            return self.value(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth, name)
        if "const" in schema or "enum" in schema:
            return chance.choice(schema.get("enum") or [schema["const"]])
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            simple = [one for one in options if one.get("type") == "null"]
            return self.value(chance.choice(simple if simple and depth >= DEEPEST else options), depth, name)
        kind = schema.get("type")
        if kind == "string":
            return self.text(schema, name)
        if kind in ("object", "array"):
            return self.object(schema, depth) if kind == "object" else self.array(schema, depth)
        numbers = kind in ("integer", "number")
        return self.number(schema, kind) if numbers else None if kind == "null" else chance.random() < 0.5

    def object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        found = {
            name: self.value(inner, depth + 1, name)
            for name, inner in schema.get("properties", {}).items()
            if name in required or self.chance.random() < (0.6 if depth < DEEPEST else 0)
        }
        patterns = schema.get("patternProperties") or {}
        more = schema.get("additionalProperties")
        inner = next(iter(patterns.values()), more if isinstance(more, dict) else None)
        if inner is not None:
            pattern = {"type": "string", "pattern": next(iter(patterns), "^[a-z]{1,9}$")}
            few = self.chance.randint(0, 2) if depth < DEEPEST else 0
            for _ in range(max(schema.get("minProperties", 0), few)):
                found[self.value({"type": "string", **schema.get("propertyNames", pattern)})] = self.value(inner, depth + 1)
        return found

    def array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.value(inner, depth + 1) for inner in schema["prefixItems"]]
        least = schema.get("minItems", 0)
        count = min(least + (self.chance.choice([0, 1, 1, 2, 3]) if depth < DEEPEST else 0), schema.get("maxItems", 10**9))
        return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]

    def number(self, schema: Mapping[str, Any], kind: str) -> int | float:
        step = 1 if kind == "integer" else 0.001
        low = schema.get("minimum", schema["exclusiveMinimum"] + step if "exclusiveMinimum" in schema else -1000)
        high = schema.get("maximum", schema["exclusiveMaximum"] - step if "exclusiveMaximum" in schema else low + 10**6)
        between = self.chance.randint(int(low), max(int(low), min(int(high), int(low) + 9)))
        found = self.chance.choice([low, high, between, between])
        return int(found) if kind == "integer" else max(low, min(high, found))

    def text(self, schema: Mapping[str, Any], name: str) -> str:
        chance, form = self.chance, schema.get("format")
        known = [one for one in self.known.get(name, ()) if re.search(schema.get("pattern", ""), one)]
        if known and chance.random() < 0.6:
            return chance.choice(known)
        if form == "uuid":
            return str(UUID(int=chance.getrandbits(128)))
        if form in ("date-time", "date"):
            return chance.choice(MOMENTS if form == "date-time" else DAYS)
        if "pattern" in schema:
            return chance.choice(spelled(schema["pattern"]))
        least, most = schema.get("minLength", 0), min(schema.get("maxLength", LONGEST), LONGEST)
        said = chance.choice(WORDS)
        size = chance.choice([least, most, len(said), len(said)])
        return ((said or "x") * (max(size, least) // len(said or "x") + 1))[: max(least, min(size, most))]

    def wrong(self, value: Any) -> Any:
        """The same with something missing, too much, or else than it was: it may fit all the same."""
        found = copy.deepcopy(value)
        places = list(_places(found))
        if not places or self.chance.random() < 0.1:
            return self.chance.choice(ODD)
        inside, key = self.chance.choice(places)
        how = self.chance.random()
        if how < 0.2:
            del inside[key]
        elif how < 0.3 and isinstance(inside, dict):
            inside["surprise"] = inside[key]
        elif how < 0.5 and isinstance(inside[key], list) and inside[key]:
            inside[key] = inside[key] * 300
        else:
            inside[key] = self.chance.choice(ODD)
        return found


def fits(document: Mapping[str, Any], schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    """Whether something fits a schema of a document, asked of a library."""
    every, names = document["components"]["schemas"], set[str]()
    _needed(schema, every, names)
    return jsonschema_rs.validator_for({**schema, "components": {"schemas": {name: every[name] for name in names}}})


def _needed(schema: Any, all_of_them: Mapping[str, Any], names: set[str]) -> None:
    """Add to `names` what a schema refers to, and what that does."""
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in names:
            names.add(name)
            _needed(all_of_them[name], all_of_them, names)
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _needed(inner, all_of_them, names)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything inside: what it is in, and its name or number there."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _places(value[key])
