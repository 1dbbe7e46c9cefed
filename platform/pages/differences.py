"""What changes between two versions of what a shape describes, field by field, in the words of its outline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piecework.platform.pages import loose
from piecework.platform.pages.outline import Part
from piecework.platform.pages.sheet import Sheet

Json = Any
NAMED_BY = ("key", "code", "name", "stage", "value", "exam", "course")
"""By what a row is known again, whatever place it has."""


@dataclass(frozen=True, slots=True)
class Told:
    """A value as it is told. `ours`: the words are a text of the product, to be translated; else they are as somebody wrote them."""

    words: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was. None: there was, or is, nothing."""

    way: Sequence[str | int]
    before: Told | None
    after: Told | None


def differences(part: Part, before: Mapping[str, Json], after: Mapping[str, Json], language: str) -> list[Difference]:
    """What changes, in the order of the outline."""
    return list(_Between(Sheet(part, before), Sheet(part, after), language).of(part, before, after, ()))


@dataclass(frozen=True, slots=True)
class _Between:
    old: Sheet
    new: Sheet
    language: str

    def of(self, part: Part, before: Json, after: Json, way: tuple[str | int, ...]) -> Iterator[Difference]:
        before, after = (part.default if one is None else one for one in (before, after))
        here, now = part.of(before), part.of(after)
        if part.asking.hidden or before == after:
            return
        if here is None or now is None or (here is not now and part.kind == "variants"):
            yield Difference(way, self.said(self.old, part, before), self.said(self.new, part, after))
        elif now.kind == "group":
            for one in now.parts:
                inner = (*way, one.asking.label) if one.asking.label else way
                yield from self.of(one, loose.mapping(before).get(one.name), loose.mapping(after).get(one.name), inner)
        elif now.kind == "rows":
            yield from self.of_rows(now, loose.listed(before), loose.listed(after), way)
        elif now.kind == "open":
            for name in {**loose.mapping(before), **loose.mapping(after)}:
                old, new = (_open(loose.mapping(one).get(name)) for one in (before, after))
                if old != new:
                    yield Difference((*way, name), old, new)
        elif (old := self.said(self.old, here, before)) != (new := self.said(self.new, now, after)):
            yield Difference(way, old, new)

    def of_rows(self, part: Part, before: list[Json], after: list[Json], way: tuple[str | int, ...]) -> Iterator[Difference]:
        item = part.parts[0]
        old, new = _by_name(before), _by_name(after)
        for name, row in old.items():
            if name not in new:
                told = self.whole(self.old, item, row, (*way, before.index(row) + 1))
                yield from (Difference(inner, words, None) for inner, words in told)
        for place, (name, row) in enumerate(new.items(), 1):
            if name in old:
                yield from self.of(item, old[name], row, (*way, place))
            else:
                told = self.whole(self.new, item, row, (*way, place))
                yield from (Difference(inner, None, words) for inner, words in told)
        stayed = [name for name in old if name in new]
        if stayed != [name for name in new if name in old]:
            yield Difference(way, self.order(item, old.values()), self.order(item, new.values()))

    def whole(
        self, sheet: Sheet, item: Part, row: Json, way: tuple[str | int, ...]
    ) -> Iterator[tuple[tuple[str | int, ...], Told | None]]:
        """A row that comes or goes: of a few plain fields each, else what it is called by."""
        here = item.of(row)
        plain = here is not None and not any(one.kind in ("group", "rows", "open", "variants") for one in here.parts)
        if here is None or not plain:
            yield way, self.said(sheet, item, row)
            return
        if here.asking.label:
            yield way, Told(here.asking.label, ours=True)
        for one in here.parts:
            told = self.said(sheet, one, loose.mapping(row).get(one.name))
            if told is not None:
                yield (*way, one.asking.label), told

    def order(self, item: Part, rows: Any) -> Told:
        told = [self.said(self.new, item, row) for row in rows]
        return Told(", ".join(one.words for one in told if one is not None))

    def said(self, sheet: Sheet, part: Part, value: Json) -> Told | None:
        """A value in words; None if there is none."""
        here = part.of(value)
        shown = value if value is not None or here is None else here.default
        if here is None or shown is None:
            return None
        if here.kind == "choice":
            return Told(dict(here.options).get(loose.text(shown), loose.text(shown)), ours=True)
        if here.kind == "check":
            return Told("yes" if shown else "no", ours=True)
        if here.kind in ("group", "variants", "open", "rows"):
            words = sheet.said(here, shown, "", self.language)
            return Told(words) if words else Told(here.asking.label, ours=True)
        words = ", ".join(map(str, shown)) if isinstance(shown, list) else loose.text(shown)
        return Told(words) if words else None


def _open(value: Json) -> Told | None:
    return None if value is None else Told(", ".join(map(str, value)) if isinstance(value, list) else loose.text(value))


def _by_name(rows: Sequence[Json]) -> dict[str, Json]:
    """Rows by what they are known by, else by their place."""
    found: dict[str, Json] = {}
    for place, row in enumerate(rows):
        given = loose.mapping(row)
        name = " ".join(loose.text(given[one]) for one in ("kind", *NAMED_BY) if one in given)
        found[name if name and name not in found else f"{name} {place}"] = row
    return found
