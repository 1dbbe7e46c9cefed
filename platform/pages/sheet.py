"""A draft by its outline: shown as fields, read back from what was typed into them, its rows added, moved and removed.

What was not changed stays exactly as it was, and what is not asked for on a page stays as it is; so a draft comes through its pages
unharmed, complete or not. What is wrong with it is said by the shape itself, each fault at the field that shows it.
"""

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from piecework.platform.errors import NotFound
from piecework.platform.pages import loose
from piecework.platform.pages.outline import LANGUAGES, UNBOUNDED, Part
from piecework.platform.web import body

Json = Any
Typed = Mapping[str, Sequence[str]]
Opened = Callable[[str, Mapping[str, Json]], Sequence[Part]]
"""What is asked for at a place of a draft that only the draft itself tells."""
Error = Mapping[str, Any]
_Place = tuple[str, list[str | int], str, Part]
"""Where an error belongs: the path, its way in words, the page that it is on, the part."""
ABSENT: Any = object()
YES = "true"
MOST_FAULTS = 500
WITH_PARTS = ("group", "open")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is missing or wrong, as the kit's forms want it: `extra["errors"]`, each with field, code and message."""

    extra: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What is missing or wrong."""
        return self.extra.get("errors", [])


@dataclass(frozen=True, slots=True)
class Box:
    """A part with what stands there, as a template shows it. `adds`: what can be added to rows, (act, words)."""

    part: Part
    path: str
    text: str = ""
    chosen: Sequence[str] = ()
    boxes: Sequence["Box"] = ()
    adds: Sequence[tuple[str, str]] = ()
    faults: int = 0
    said: str = ""
    """Of a row: what it is called by."""

    @property
    def is_filled(self) -> bool:
        """Something stands there that is not so by itself."""
        return (
            self.faults > 0
            or self.text not in ("", "false" if self.part.default is not True else YES)
            or any(one.is_filled for one in self.boxes)
        )


def nothing_known(_path: str, _spec: Mapping[str, Json]) -> Sequence[Part]:
    """Of drafts all of which is known beforehand."""
    return ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft and its outline."""

    part: Part
    spec: Mapping[str, Json]
    opened: Opened = nothing_known

    # ---- where things are

    def parts(self, part: Part, path: str) -> Sequence[Part]:
        """What a group has inside."""
        return self.opened(path, self.spec) if part.kind == "open" else part.parts

    def find(self, path: str) -> tuple[Part, Json]:
        """The part at a path, and what stands there.

        Raises:
            NotFound: the draft has no such place.
        """
        part, way = self.part, ""
        value: Json = self.spec
        for step in path.split(".") if path else ():
            here = part.of(value)
            if here is not None and here.kind == "rows" and 0 <= (at := loose.place(step)) < len(loose.listed(value)):
                part, value = here.parts[0], value[at]
            elif here is not None and here.kind in WITH_PARTS:
                named = next((one for one in self.parts(here, way) if one.name == step), None)
                if named is None:
                    raise NotFound
                part, value = named, loose.mapping(value).get(step)
            else:
                raise NotFound
            way = _join(way, step)
        return part, value

    def pages(self, path: str) -> list[tuple[str, Part, Json]]:
        """The pages on the way to a place, the whole draft's first: each row that stands apart has its own."""
        found = [("", self.part, self.spec)]
        steps = path.split(".") if path else []
        for count in range(1, len(steps) + 1):
            above, _ = self.find(".".join(steps[: count - 1]))
            if above.kind == "rows" and above.asking.apart:
                way = ".".join(steps[:count])
                found.append((way, *self.find(way)))
        return found

    # ---- shown

    def box(self, at: str, errors: Sequence[Error], language: str) -> Box:
        """What stands at a place, with everything that is asked for on its page."""
        return self._box(*self.find(at), at, [str(one["field"]) for one in errors], language)

    def _box(self, part: Part, value: Json, path: str, wrong: Sequence[str], language: str) -> Box:
        here = part.of(value)
        if here is None:
            return Box(part, path)
        faults = sum(1 for one in wrong if one == path or one.startswith(f"{path}."))
        match here.kind:
            case "group" | "open":
                held = loose.mapping(part.default if value is None else value)
                inner = [
                    self._box(one, held.get(one.name), _join(path, one.name), wrong, language)
                    for one in self.parts(here, path)
                    if not one.asking.hidden
                ]
                whole = here if part is here else _called(here, part)
                return Box(whole, path, boxes=inner, faults=faults, said=self.said(here, value, path, language))
            case "rows":
                item, given = here.parts[0], loose.listed(value)
                if here.asking.apart:
                    inner = [self._row(item, row, f"{path}.{number}", wrong, language) for number, row in enumerate(given)]
                else:
                    inner = [self._box(item, row, f"{path}.{number}", wrong, language) for number, row in enumerate(given)]
                adds = [(f"add.{number}.{path}", words) for number, (words, _) in enumerate(_adds(here))]
                return Box(here, path, boxes=inner, adds=adds if len(given) < here.most else (), faults=faults)
            case _:
                chosen = [loose.text(one) for one in loose.listed(value)] if here.kind == "ticks" else []
                return Box(here, path, text=_shown(here, value), chosen=chosen, faults=faults)

    def _row(self, item: Part, row: Json, path: str, wrong: Sequence[str], language: str) -> Box:
        """A row that stands apart, as a line that leads there."""
        here = item.of(row)
        faults = sum(1 for one in wrong if one == path or one.startswith(f"{path}."))
        return Box(here or item, path, faults=faults, said="" if here is None else self.said(here, row, path, language))

    def said(self, part: Part, value: Json, path: str, language: str) -> str:
        """What something is called by: the first words that stand in it."""
        here = part.of(value)
        if here is None:
            return ""
        if here.kind in WITH_PARTS:
            given = loose.mapping(value)
            own = [one for one in self.parts(here, path) if not one.asking.made_from and not one.asking.hidden]
            own.sort(key=lambda one: one.name in LANGUAGES and one.name != language)
            found = (self.said(one, given.get(one.name), _join(path, one.name), language) for one in own)
            return next((one for one in found if one), "")
        if here.kind == "rows":
            rows = (self.said(here.parts[0], one, f"{path}.{place}", language) for place, one in enumerate(loose.listed(value)))
            return next((one for one in rows if one), "")
        return " ".join(_text(here, value).split()) if here.kind in ("text", "prose", "lines") else ""

    # ---- typed

    def typed(self, at: str, typed: Typed) -> dict[str, Json]:
        """The draft with what was typed on the page of a place.

        Raises:
            NotFound: the draft has no such place.
        """
        part, value = self.find(at)
        made = copy.deepcopy(dict(self.spec))
        read = self._read(part, at, typed, value)
        if at:
            _put(made, at.split("."), read)
        else:
            made = read
        self._name(self.part, made)
        return made

    def _read(self, part: Part, path: str, typed: Typed, old: Json) -> Json:
        here = part.of(None if old is ABSENT else old)
        if here is None or part.asking.hidden:
            return old
        match here.kind:
            case "group" | "open":
                return self._read_group(here, path, typed, old)
            case "rows":
                if here.asking.apart or old is ABSENT:
                    return old
                return [self._read(here.parts[0], f"{path}.{place}", typed, row) for place, row in enumerate(loose.listed(old))]
            case _:
                return old if path not in typed else _leaf(here, [one.replace("\r\n", "\n") for one in typed[path]], old)

    def _read_group(self, part: Part, path: str, typed: Typed, old: Json) -> Json:
        asked = self.parts(part, path)
        if part.kind == "open" and not asked:
            return old
        given = loose.mapping(part.default if old is ABSENT else old)
        kept = {} if part.kind == "open" else {**part.constants, **given}
        for one in asked:
            value = self._read(one, _join(path, one.name), typed, given.get(one.name, ABSENT))
            if value is ABSENT:
                kept.pop(one.name, None)
            else:
                kept[one.name] = value
        return ABSENT if not part.required and not part.constants and _blank(kept) else kept

    def _name(self, part: Part, value: Json) -> None:
        """Make the names for machines that were left empty."""
        here = part.of(value)
        if here is None:
            return
        if here.kind == "group":
            for one in here.parts:
                self._name(one, loose.mapping(value).get(one.name))
        elif here.kind == "rows":
            rows = [row for row in loose.listed(value) if isinstance(row, dict)]
            for row in rows:
                item = here.parts[0].of(row)
                for one in item.parts if item is not None else ():
                    title = _words(row.get(one.asking.made_from)) if one.asking.made_from and not row.get(one.name) else ""
                    if title:
                        longest = int(one.attrs.get("maxlength", "40"))
                        name = loose.slug(title, one.name, min(40, longest))
                        row[one.name] = loose.unused(name, [loose.text(each.get(one.name)) for each in rows])
                self._name(here.parts[0], row)

    # ---- rows

    def acted(self, act: str) -> tuple[dict[str, Json], str]:
        """The draft after an act on its rows (`add.0.sections`, `up.sections.1`, `remove.sections.1`), and the place one goes on at.

        Raises:
            NotFound: there are no such rows.
        """
        what, _, rest = act.partition(".")
        made = copy.deepcopy(dict(self.spec))
        if what == "add":
            number, _, path = rest.partition(".")
            part, value = self.find(path)
            rows = [*loose.listed(value)]
            kinds = _adds(part) if part.kind == "rows" else []
            if not 0 <= loose.place(number) < len(kinds):
                raise NotFound
            if len(rows) < part.most:
                rows.append(copy.deepcopy(kinds[loose.place(number)][1]))
            _put(made, path.split("."), rows)
            return made, f"{path}.{len(rows) - 1}"
        path, _, number = rest.rpartition(".")
        part, value = self.find(path)
        rows = [*loose.listed(value)]
        if part.kind != "rows" or not loose.moved(rows, loose.place(number), what):
            raise NotFound
        _put(made, path.split("."), rows)
        return made, path

    def kind_of(self, path: str) -> int:
        """Which of those that can be added a row is."""
        rows, _ = self.find(path.rpartition(".")[0])
        part, value = self.find(path)
        inner = next((one for one in part.parts if one.kind == "variants"), None) if part.kind == "group" else None
        if inner is not None:
            part, value = inner, loose.mapping(value).get(inner.name)
        here = part.of(value)
        return part.parts.index(here) if part.kind == "variants" and here is not None and rows.kind == "rows" else 0

    # ---- what is wrong

    def faults(self, shape: type[BaseModel]) -> list[dict[str, Any]]:
        """Everything that keeps the draft from being of its shape; nothing if it is."""
        try:
            shape.model_validate_json(json.dumps(self.spec))
        except ValidationError as error:
            told = body.refusal(error, MOST_FAULTS).extra.get("errors", [])
            ways = [tuple(map(str, body.way(one))) for one in error.errors(include_url=False, include_input=False)]
            return self._marked((self._place(way, tagged=True), one) for way, one in zip(ways, told, strict=False))
        return []

    def placed(self, errors: Iterable[Error]) -> list[dict[str, Any]]:
        """Errors by the fields of the shape as errors of this draft's pages: `field`, the words of its `way`, and the `page` it is on."""
        return self._marked((self._place(str(one["field"]).split(".")), one) for one in errors)

    def _marked(self, errors: Iterable[tuple[_Place, Error]]) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        sources: dict[str, str] = {}
        for (path, way, page, part), error in errors:
            if part.asking.made_from:
                sources[path] = f"{path.rpartition('.')[0]}.{part.asking.made_from}"
            found.setdefault((path, error["code"]), {**error, "field": path, "way": way, "page": page})
        bad = {path for path, _ in found}
        # A name is made as soon as there is what it is made from.
        unnamed = {path for path, source in sources.items() if any(one == source or one.startswith(f"{source}.") for one in bad)}
        return [one for (path, _), one in found.items() if path not in unnamed]

    def _place(self, steps: Sequence[str], *, tagged: bool = False) -> _Place:
        part, path, page = self.part, "", ""
        value: Json = self.spec
        way: list[str | int] = []
        tag = False
        for step in steps:
            here = part.of(value)
            if here is None:
                break
            if tag:  # tells kinds apart, and is no step of a draft
                tag = False
            elif here.kind in WITH_PARTS:
                named = next((one for one in self.parts(here, path) if one.name == step), None)
                if named is None or named.asking.hidden:
                    continue
                part, value, path = named, loose.mapping(value).get(step), _join(path, step)
                tag = tagged and part.kind == "variants"
                way += [named.asking.label] if named.asking.label else []
            elif here.kind == "rows" and 0 <= (at := loose.place(step)) < len(loose.listed(value)):
                part, value, path = here.parts[0], value[at], f"{path}.{at}"
                tag = tagged and part.kind == "variants"
                way.append(at + 1)
                page = path if here.asking.apart else page
        return path, way, page, part


def _adds(rows: Part) -> list[tuple[str, Json]]:
    """What can be added to rows: its words, and what it begins with."""
    item = rows.parts[0]
    if item.kind == "variants":
        return [(one.asking.label, _blank_row(one)) for one in item.parts]
    inner = next((one for one in item.parts if one.kind == "variants"), None)
    if inner is not None:
        return [(one.asking.label, {inner.name: _blank_row(one)}) for one in inner.parts]
    return [(rows.asking.one, _blank_row(item))]


def _blank_row(part: Part) -> dict[str, Json]:
    """What a new row begins with: as many rows of its own as it needs."""
    needed = [one for one in part.parts if one.kind == "rows" and one.required and one.least and not one.asking.apart]
    rows = {one.name: [_blank_row(one.parts[0]) for _ in range(one.least)] for one in needed if one.parts[0].kind == "group"}
    groups = {one.name: _blank_row(one) for one in part.parts if one.kind == "group" and one.required}
    return {**part.constants, **groups, **rows}


def _called(part: Part, by: Part) -> Part:
    """A group of several that may stand there, by the name of the place."""
    asking = by.asking if by.asking.label else part.asking
    return Part(part.kind, by.name, part.shape, asking, by.required, None, parts=part.parts, constants=part.constants)


def _leaf(part: Part, texts: Sequence[str], old: Json) -> Json:
    """What was typed, as a value; ABSENT if nothing was. What was not changed stays as it is."""
    before = None if old is ABSENT else old
    if part.kind == "check":
        ticked = YES in texts
        return old if old is ABSENT and not part.required and ticked == bool(part.default) else ticked
    if part.kind == "ticks":
        ticked_ones = [one for one in texts if one]
        return ticked_ones if ticked_ones or part.required or old is not ABSENT else ABSENT
    if texts[-1] == _shown(part, before) and not (part.required and old is ABSENT and part.default == ""):
        return old
    if not texts[-1].strip():
        return "" if part.default == "" and part.required else ABSENT
    return _value(part, texts[-1])


def _value(part: Part, text: str) -> Json:
    match part.kind:
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "number":
            found = loose.number(text)
            return found - 1 if part.asking.from_one and isinstance(found, int) else found
        case "prose":
            return text
    return {YES: True, "false": False}.get(text.strip(), text.strip()) if part.either else text.strip()


def _shown(part: Part, value: Json) -> str:
    """A value as it stands in its field; of choices and ticks, what is so by itself stands there too."""
    if part.kind == "check":
        ticked = value if isinstance(value, bool) else part.default is True
        return YES if ticked else ""
    return loose.text(part.default) if part.kind == "choice" and value is None else _text(part, value)


def _text(part: Part, value: Json) -> str:
    if part.kind == "lines":
        return "\n".join(loose.text(one) for one in loose.listed(value))
    if part.kind == "number" and isinstance(value, int | float):
        return "" if abs(value) >= UNBOUNDED else loose.text(value + 1 if part.asking.from_one else value)
    return loose.text(value)


def _words(value: Json) -> str:
    """Words in whichever language they are."""
    if isinstance(value, dict):
        return next((found for one in value.values() if (found := _words(one))), "")
    return value.strip() if isinstance(value, str) else ""


def _blank(value: Json) -> bool:
    if isinstance(value, dict):
        return all(_blank(one) for one in value.values())
    return value is False or value == []


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _put(spec: dict[str, Json], steps: Sequence[str], value: Json) -> None:
    """Put a value at a place of a draft; the groups on the way come to be."""
    here: Any = spec
    for step in steps[:-1]:
        if isinstance(here, list):
            here = here[int(step)]
        else:
            if not isinstance(here.get(step), dict | list):
                here[step] = {}
            here = here[step]
    if isinstance(here, list):
        here[int(steps[-1])] = {} if value is ABSENT else value
    elif value is ABSENT:
        here.pop(steps[-1], None)
    else:
        here[steps[-1]] = value
