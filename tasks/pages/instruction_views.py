"""Instructions for those who write them: versions, what each changes, publishing, and who has read them."""

import asyncio
from typing import Annotated, Any, Literal

from pydantic import Field

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy
from piecework.tasks.api import knowledge as api
from piecework.tasks.knowledge.instructions import difference
from piecework.tasks.pages.knowledge_views import marked
from piecework.tasks.pages.labels import project_names
from piecework.tasks.pages.markdown import blocks
from piecework.tasks.schemas import knowledge as s

LIST = "/instructions"
ONE = "/projects/{code}/instruction"
VERSION = "/projects/{code}/instructions/{version}"
AT_ONCE = 50


class InstructionForm(s.InstructionIn):
    """The next version as a browser sends it: a box that is not ticked is not sent."""

    must_read: bool = False
    summary: s.Summary = ""


class AgainstQuery(Query):
    """With which version to compare; the one before by default."""

    since: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    show: Literal["text", "changes"] = "changes"


async def instructions_page(call: Call, query: PageQuery) -> Shown:
    """The projects with their instructions, and how many have read them."""
    return {"found": await api.project_instructions(call, query)}


async def project_instruction_page(call: Call, query: s.VersionsQuery) -> Shown:
    """A project's instruction: the newest text and all versions."""
    found = await api.list_instructions(call, s.VersionsQuery(limit=AT_ONCE, before=query.before))
    return {
        **await _about(call),
        "found": found,
        "before": found.versions[-1].version if len(found.versions) == AT_ONCE and found.versions[-1].version > 1 else None,
        "blocks": blocks(found.latest.text) if found.latest else [],
    }


async def version_page(call: Call, query: AgainstQuery) -> Shown:
    """A version: what it changes against another one, its text."""
    shown = await api.show_instruction(call)
    since = max(0, shown.version - 1) if query.since is None else query.since
    known = await api.list_instructions(call, s.VersionsQuery(limit=AT_ONCE))
    changes = await api.instruction_changes(call, s.ChangesQuery(since=since))
    return {
        **await _about(call),
        "shown": shown,
        "since": since,
        "versions": known.versions,
        "changes": marked(changes.lines),
        "blocks": blocks(shown.text),
    }


async def readers_page(call: Call, query: s.ReadersQuery) -> Shown:
    """Who has read a version, and who has not."""
    found = await api.instruction_readers(call, query)
    return {**await _about(call), "found": found, "query": query, "version": call.number("version")}


async def edit_page(call: Call) -> Shown:
    """The newest version, to write the next one from."""
    return await _editor(call)


async def preview_instruction(call: Call, form: InstructionForm) -> Shown:
    """What publishing would change, and how it would look; nothing is stored."""
    shown = await _editor(call)
    old = shown["latest"].text if shown["latest"] else ""
    lines = await asyncio.to_thread(difference, old, form.text)
    typed = {"text": [form.text], "summary": [form.summary], "language": [form.language]} | (
        {"must_read": ["true"]} if form.must_read else {}
    )
    return {**shown, "seen": True, "kept": typed, "changes": marked(lines), "blocks": blocks(form.text, under=2)}


async def publish(call: Call, form: InstructionForm) -> Go:
    """Publish the next version."""
    made = await api.publish_instruction(call, s.InstructionIn(**form.model_dump()))
    return Go(f"/projects/{code_of(call)}/instructions/{made.version}", N_("Published. Who has to read it is told."))


def code_of(call: Call) -> str:
    """The project's code in the path."""
    return str(call.request.path_params["code"])[:60]


async def _editor(call: Call) -> dict[str, Any]:
    found = await api.list_instructions(call, s.VersionsQuery(limit=1))
    return {**await _about(call), "latest": found.latest, "seen": False, "kept": {}, "changes": [], "blocks": []}


async def _about(call: Call) -> dict[str, Any]:
    code = code_of(call)
    return {"code": code, "project": (await project_names([code])).get(code, code)}


WRITE = policy.KNOWLEDGE_WRITE
VIEWS = (
    View("GET", LIST, instructions_page, WRITE, N_("Instructions"), "instructions.html", query=PageQuery),
    View("GET", ONE, project_instruction_page, WRITE, N_("Instruction"), "instruction_project.html", query=s.VersionsQuery),
    View("POST", ONE, publish, WRITE, form=InstructionForm, again=f"{ONE}/edit"),
    View("GET", f"{ONE}/edit", edit_page, WRITE, N_("The next version"), "instruction_edit.html"),
    View(
        "POST",
        f"{ONE}/edit",
        preview_instruction,
        WRITE,
        N_("The next version"),
        "instruction_edit.html",
        form=InstructionForm,
        again=f"{ONE}/edit",
        transaction=False,
    ),
    View("GET", VERSION, version_page, policy.KNOWLEDGE_READ, N_("Instruction"), "instruction_version.html", query=AgainstQuery),
    View(
        "GET",
        f"{VERSION}/readers",
        readers_page,
        policy.KNOWLEDGE_READERS,
        N_("Who has read it"),
        "instruction_readers.html",
        query=s.ReadersQuery,
    ),
)
MENU = (Entry(N_("Projects"), N_("Instructions"), LIST, WRITE),)
