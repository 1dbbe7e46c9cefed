"""Pages to write what is published: forms by the outline of its shape, a draft kept by the server, a preview of what would be sent.

One way for all that curators write; what differs is a `Subject`. What is sent off is exactly what the preview has shown.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, StringConstraints

from piecework.platform.drafts import DraftChanged
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.pages import texts
from piecework.platform.pages.differences import Difference, differences
from piecework.platform.pages.outline import Asking, Part, outline
from piecework.platform.pages.sheet import Marks, Opened, Sheet, nothing_known
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.written import WritingIn, WritingOut
from piecework.quality.api import writing as api
from piecework.quality.pages import spec_text
from piecework.quality.pages.writing_words import ASKINGS
from piecework.quality.writing import SHAPES, Kind

NEW = "-"
"""The name of a draft of what has no code yet: no code begins so."""
LONG = 1024 * 1024
KEPT = N_("The draft is kept.")
LOOK = N_("The draft is kept. Look at it as it would read now, then send it.")
LACKS = N_("The draft is kept. It cannot be sent yet: look at what is missing.")
DOCUMENTS = {Kind.FORM: "form", Kind.GUIDE: "guide", Kind.WAY_IN: "way_in"}
"""What the documents that are written are called where they are published."""
Typed = Mapping[str, Sequence[str]]
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """What one writes with: codes that there are, by what they name; and what the draft itself tells is asked for."""

    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    opened: Opened = nothing_known


async def nothing_around(_call: Call, _name: str, _spec: Mapping[str, Any]) -> Around:
    """Of what refers to nothing."""
    return Around()


async def nothing_before(_call: Call, _name: str) -> Spec | None:
    """Of what takes nothing's place."""
    return None


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that curators write. `name` is the draft's name, as it stands in the path."""

    kind: Kind
    permission: str
    title: str
    """Marked with `N_`."""
    within: str
    """The path of the list that it belongs to."""
    within_title: str
    preview: str
    """The template that shows it as it would read."""
    send_label: str
    sent_to: str
    """What becomes of it, in a sentence."""
    text: type[BaseModel]
    """What is described by its text, which `member` of the body holds."""
    member: str
    begin: Callable[[Call, str], Awaitable[Spec]]
    """What one begins with.

    Raises:
        NotFound: nothing is written under this name.
    """
    send: Callable[[Call, str, Any], Awaitable[Go]]
    look: Callable[[Call, str, Any], Awaitable[Mapping[str, Any]]]
    """What the preview needs."""
    before: Callable[[Call, str], Awaitable[Spec | None]] = nothing_before
    """What is in force, and would no longer be."""
    around: Callable[[Call, str, Mapping[str, Any]], Awaitable[Around]] = nothing_around
    constants: Mapping[str, Any] = field(default_factory=dict)
    """What the member has whatever is written."""

    @property
    def shape(self) -> type[Shape]:
        """The body of the operation that takes it."""
        return SHAPES[self.kind]


@cache
def outline_of(kind: Kind, *, named: bool) -> Part:
    """What is asked for; a code that is given already is not."""
    part = outline(SHAPES[kind], ASKINGS)
    return replace(part, parts=tuple(_narrowed(one, kind, named=named) for one in part.parts))


def _narrowed(part: Part, kind: Kind, *, named: bool) -> Part:
    if named and part.name == "code":
        return replace(part, asking=Asking(hidden=True))
    if part.name == "document":  # one kind of document is never made into another
        return replace(part, parts=tuple(one for one in part.parts if one.constants["kind"] == DOCUMENTS[kind]))
    return part


class TextForm(Shape):
    """The draft as a text."""

    revision: UUID | None = None
    as_text: Annotated[str, StringConstraints(max_length=LONG)] = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A draft as it is kept, or what one would begin with."""

    name: str
    place: str
    at: str
    sheet: Sheet
    around: Around
    draft: WritingOut | None


async def _written(subject: Subject, call: Call) -> Written:
    params = call.request.path_params
    params["kind"] = subject.kind.value
    name = str(params["name"])
    draft = None
    with suppress(NotFound):
        draft = await api.my_writing(call)
    spec = await subject.begin(call, name) if draft is None else draft.spec
    around = await subject.around(call, name, spec)
    sheet = Sheet(outline_of(subject.kind, named=name != NEW), spec, around.opened)
    at = str(params.get("at", ""))
    if at and sheet.pages(at)[-1][0] != at:
        raise NotFound
    return Written(name, f"/writing/{subject.kind}/{name}", at, sheet, around, draft)


async def shown(subject: Subject, call: Call) -> dict[str, Any]:
    """A page of a draft: the whole, or a row that stands apart."""
    found = await _written(subject, call)
    sheet, at, language = found.sheet, found.at, texts.language(call.request)
    faults = sheet.faults(subject.shape)
    can_send = not at and found.draft is not None and not faults
    preview: Mapping[str, Any] = {}
    if can_send:
        try:
            preview = await subject.look(call, found.name, subject.shape.model_validate_json(json.dumps(sheet.spec)))
        except Invalid as refused:
            faults, can_send = sheet.placed(refused.extra.get("errors", [])), False
    if found.draft is None:  # who has not written anything yet is told nothing of what is missing
        faults = []
    ways = sheet.pages(at)
    titles = [sheet.said(part, value, path, language) for path, part, value in ways]
    return {
        "subject": subject,
        "place": found.place,
        "at": at,
        "name": "" if found.name == NEW else found.name,
        "draft": found.draft,
        "known": found.around.known,
        "box": sheet.box(at, faults, language),
        "marked": Marks({"errors": [one for one in faults if not at or one["page"] == at]}),
        "crumbs": [
            (subject.within, subject.within_title, True),
            *([(found.place, subject.title, True)] if at else []),
            *(
                (f"{found.place}/{path}", title or "…", False)
                for (path, _, _), title in zip(ways[1:-1], titles[1:-1], strict=True)
            ),
        ],
        "row": ways[-1][1].of(ways[-1][2]) if at else None,
        "row_one": sheet.find(at.rpartition(".")[0])[0].asking.one if at else "",
        "row_number": int(at.rpartition(".")[2]) + 1 if at else 0,
        "row_title": titles[-1] if at else "",
        "can_send": can_send,
        "text": "" if at else orjson.dumps(sheet.spec.get(subject.member), option=orjson.OPT_INDENT_2).decode(),
        "changes": await changes(subject, call, found.name, sheet.spec, language) if can_send else None,
        **preview,
    }


async def changes(subject: Subject, call: Call, name: str, spec: Mapping[str, Any], language: str) -> list[Difference] | None:
    """What would change against what is in force; None if nothing is."""
    before = await subject.before(call, name)
    if before is None:
        return None
    inner = next(one for one in outline_of(subject.kind, named=True).parts if one.name == subject.member)
    return differences(inner, before[subject.member], spec.get(subject.member) or {}, language)


async def write(subject: Subject, call: Call, typed: Typed) -> Go:
    """Keep what was typed, and do what was asked: change rows, go back, send it off, or throw it away."""
    found = await _written(subject, call)
    if _revision(typed) != (None if found.draft is None else found.draft.revision):
        raise DraftChanged
    spec = found.sheet.typed(found.at, typed)
    act = _first(typed, "act")
    if act == "drop":
        await api.drop_my_writing(call)
        return Go(subject.within, N_("The draft is thrown away."))
    around = await subject.around(call, found.name, spec)
    sheet = replace(found.sheet, spec=spec, opened=around.opened)
    faults = sheet.faults(subject.shape) if act == "send" else []
    if act == "send" and not faults and found.draft is not None and spec == found.draft.spec:
        return await _send(subject, call, found, sheet)
    spec, path = _acted(sheet, found.at, act)
    await api.keep_my_writing(call, WritingIn(spec=spec, revision=_revision(typed)))
    if act == "send":
        return Go(f"{found.place}#preview", LACKS if faults else LOOK)
    return Go(f"{found.place}{path}", KEPT)


async def _send(subject: Subject, call: Call, found: Written, sheet: Sheet) -> Go:
    try:
        reply = await subject.send(call, found.name, subject.shape.model_validate_json(json.dumps(sheet.spec)))
    except Invalid as refused:
        raise Invalid(refused.said, errors=sheet.placed(refused.extra.get("errors", []))) from None
    await api.drop_my_writing(call)
    return reply


def _acted(sheet: Sheet, at: str, act: str) -> tuple[Spec, str]:
    """The draft after an act on its rows, and where one goes on: a page of it, or a place on one."""
    here = f"/{at}" if at else ""
    what = act.partition(".")[0]
    if what in ("add", "up", "down", "remove"):
        spec, path = sheet.acted(act)
        return spec, _to(replace(sheet, spec=spec), path, at, moved=what != "add")
    if act == "more" and at:
        spec, path = sheet.acted(f"add.{sheet.kind_of(at)}.{at.rpartition('.')[0]}")
        return spec, f"/{path}"
    if act == "back" and at:
        above = sheet.pages(at)[-2][0]
        return dict(sheet.spec), f"/{above}" if above else ""
    return dict(sheet.spec), here


def _to(sheet: Sheet, path: str, at: str, *, moved: bool) -> str:
    page = sheet.pages(path)[-1][0]
    if page != at and not moved:
        return f"/{page}"
    return f"{f'/{at}' if at else ''}#{'rows' if moved else 'row'}-{path}"


async def take_text(subject: Subject, call: Call, form: TextForm, file: bytes) -> Go:
    """Keep what a text, or a file, describes in the place of the draft; only what could be sent is taken."""
    found = await _written(subject, call)
    text = file.decode("utf-8-sig", "replace") if file else form.as_text
    spec_text.read(subject.text, text)
    written = json.loads(text)
    value = {**subject.constants, **written} if isinstance(written, dict) else written
    await api.keep_my_writing(call, WritingIn(spec={**found.sheet.spec, subject.member: value}, revision=form.revision))
    return Go(found.place, KEPT)


def _first(typed: Typed, name: str) -> str:
    return typed[name][-1] if typed.get(name) else ""


def _revision(typed: Typed) -> UUID | None:
    with suppress(ValueError):
        return UUID(_first(typed, "revision"))
    return None


def views(subject: Subject) -> tuple[View, ...]:
    """The pages of a subject, and what their forms do."""

    async def writing_page(call: Call) -> Shown:
        return await shown(subject, call)

    async def keep_writing(call: Call, typed: Typed) -> Go:
        return await write(subject, call, typed)

    async def keep_text(call: Call, form: TextForm, file: bytes = b"") -> Go:
        return await take_text(subject, call, form, file)

    place = f"/writing/{subject.kind}/{{name}}"
    pages = (place, f"{place}/{{at}}") if outline_of(subject.kind, named=True).has_pages else (place,)
    return (
        View("POST", f"{place}/as-text", keep_text, subject.permission, form=TextForm, file=True, again=place),
        *(View("GET", one, writing_page, subject.permission, subject.title, "writing.html") for one in pages),
        *(View("POST", one, keep_writing, subject.permission, typed=True, again=one) for one in pages),
    )
