"""What a shape asks for, as parts of a form: read from the shape's own schema, so that no field and no bound is said twice.

How a field is asked for (its words, whether its rows stand on pages of their own) is declared beside, by the names of shape and field.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel

Schema = Mapping[str, Any]
Kind = Literal["text", "prose", "number", "check", "choice", "ticks", "lines", "group", "rows", "variants", "open"]
"""text, prose: in one line or several · choice: one of `options` · ticks: any of them · lines: a list of texts, one a line · group: parts
under one name · rows: a list of what `parts[0]` is · variants: one of `parts`, told apart by their constants · open: parts that what
stands elsewhere in the draft decides."""
SCALARS: Mapping[str, Kind] = {"string": "text", "integer": "number", "number": "number", "boolean": "check"}
SHORT = 300
"""What may be longer gets several lines."""
UNBOUNDED = 1e12
"""A bound so far away is none."""
LANGUAGES = ("ru", "en")


@dataclass(frozen=True, slots=True)
class Asking:
    """How a field is asked for. Texts are marked with `N_`."""

    label: str = ""
    hint: str = ""
    one: str = ""
    """Of rows: one of them."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What may be chosen, in words."""
    known: str = ""
    """The name of a list of what is there already, to choose from while typing."""
    made_from: str = ""
    """A name for machines: if left empty it is made from the field beside it with this name."""
    apart: bool = False
    """Each row stands on a page of its own."""
    late: bool = False
    """Comes after what the shape names later."""
    more: bool = False
    """Seldom needed: folded away."""
    hidden: bool = False
    """Stays as it is."""
    from_one: bool = False
    """A place in a list, counted from 0, that people count from 1."""
    theirs: bool = False
    """The words are as somebody wrote them, and not marked."""
    lines: int = 3
    """The height of a field of several lines."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked for."""

    kind: Kind
    name: str = ""
    shape: str = ""
    asking: Asking = Asking()
    required: bool = False
    default: Any = None
    least: int = 0
    """Of rows: so many, at least."""
    most: int = 500
    """Of rows: so many, at most."""
    parts: tuple["Part", ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Of a group: the fields that say which of several kinds it is."""
    options: tuple[tuple[str, str], ...] = ()
    """What may be chosen: value and words."""
    attrs: Mapping[str, str] = field(default_factory=dict)
    either: bool = False
    """Of a text: `true` and `false` are no text."""

    @property
    def in_both(self) -> bool:
        """A text in Russian and in English."""
        return [one.name for one in self.parts] == ["ru", "en"]

    @property
    def has_pages(self) -> bool:
        """Something inside stands on pages of its own."""
        return self.asking.apart or any(one.has_pages for one in self.parts)

    def of(self, value: Any) -> "Part | None":
        """The group that a value is, of variants the one whose constants it has; None if it has those of none."""
        if self.kind != "variants":
            return self
        given = value if isinstance(value, dict) else {}
        fits = (one for one in self.parts if all(given.get(name) == known for name, known in one.constants.items()))
        return next(fits, None)


def outline(shape: type[BaseModel], askings: Mapping[str, Asking]) -> Part:
    """What a shape asks for. `askings`: by `Shape.field`, or by `field` alone."""
    schema = shape.model_json_schema(mode="validation", by_alias=True)
    return _Reader(schema.get("$defs", {}), askings).part("", {**schema, "title": shape.__name__}, shape.__name__, required=True)


@dataclass(frozen=True, slots=True)
class _Reader:
    defs: Mapping[str, Schema]
    askings: Mapping[str, Asking]

    def part(self, name: str, schema: Schema, owner: str, *, required: bool) -> Part:
        asking = self.askings.get(f"{owner}.{name}") or self.askings.get(name) or Asking(label=name)
        kinds = list(self._kinds(schema, owner))
        made = self._of_kinds(name, kinds)
        default, attrs = schema.get("default"), dict(made.attrs)
        if made.kind == "number" and isinstance(default, int | float) and abs(default) < UNBOUNDED:
            attrs["placeholder"] = f"{default:g}"
        if name in LANGUAGES:
            attrs["lang"] = name
        kind: Kind = "text" if made.kind == "prose" and asking.lines == 1 else made.kind
        options = tuple((value, asking.options.get(value, value)) for value, _ in made.options)
        return replace(
            made, kind=kind, name=name, asking=asking, required=required, default=default, attrs=attrs, options=options
        )

    def _of_kinds(self, name: str, kinds: list[tuple[str, Schema]]) -> Part:
        if len(kinds) > 1 and all("properties" in one for _, one in kinds):
            return Part("variants", parts=tuple(self._group(shape, one) for shape, one in kinds))
        shape, found = kinds[0]
        if "properties" in found:
            return self._group(shape, found)
        match found.get("type"):
            case "object":
                return self._keyed(found)
            case "array":
                return self._rows(name, shape, found)
        return _leaf([one for _, one in kinds])

    def _group(self, shape: str, schema: Schema) -> Part:
        needed = schema.get("required", ())
        fields: Mapping[str, Schema] = schema["properties"]
        constants = {name: one["const"] for name, one in fields.items() if "const" in one}
        asking = self.askings.get(shape) or Asking()
        asked = [self.part(name, one, shape, required=name in needed) for name, one in fields.items() if name not in constants]
        asked.sort(key=lambda one: one.asking.late or bool(one.asking.made_from))
        return Part("group", shape=shape, asking=asking, parts=tuple(asked), constants=constants)

    def _keyed(self, schema: Schema) -> Part:
        """An object of any keys: of these, if they are known from the beginning."""
        (_, keys), *_ = self._kinds(schema.get("propertyNames", {}), "")
        if "enum" not in keys:
            return Part("open")
        inner = schema.get("additionalProperties", {})
        return Part("group", shape="by", parts=tuple(self.part(str(key), inner, "by", required=False) for key in keys["enum"]))

    def _rows(self, name: str, owner: str, schema: Schema) -> Part:
        kinds = list(self._kinds(schema.get("items", {}), owner))
        if len(kinds) == 1 and kinds[0][1].get("type") == "string":
            return Part("lines")
        item = replace(self._of_kinds(name, kinds), name="", required=True)
        return Part("rows", parts=(item,), least=schema.get("minItems", 0), most=schema.get("maxItems", 500))

    def _kinds(self, schema: Schema, owner: str) -> Iterable[tuple[str, Schema]]:
        """The alternatives of a value, each with the name of its shape; that there may be none is not among them."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rsplit("/", 1)[-1]
            yield from self._kinds(self.defs[name], name)
            return
        alternatives = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, ())]
        for one in alternatives:
            yield from self._kinds(one, owner)
        if not alternatives and schema.get("type") != "null":
            yield owner, schema


def _leaf(kinds: Sequence[Schema]) -> Part:
    found = kinds[0]
    if "enum" in found:
        return Part("choice", options=tuple((str(one), str(one)) for one in found["enum"]))
    kind = SCALARS.get(str(found.get("type")), "text")
    if {one.get("type") for one in kinds} >= {"string", "boolean"}:
        return Part("text", either=True, attrs=_bounds(found))
    if kind == "text" and not str(found.get("pattern", "")).startswith("^") and found.get("maxLength", SHORT + 1) > SHORT:
        kind = "prose"
    return Part(kind, attrs=_bounds(found))


def _bounds(schema: Schema) -> dict[str, str]:
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return {"inputmode": "numeric" if kind == "integer" else "decimal"}
    return {"maxlength": str(schema["maxLength"])} if "maxLength" in schema else {}
