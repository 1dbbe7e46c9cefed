"""The knowledge base to read: instructions with what changed in them, articles, a search."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.tasks import policy
from piecework.tasks.api import knowledge as api
from piecework.tasks.api import work
from piecework.tasks.errors import NoContract
from piecework.tasks.pages.desk import is_piece
from piecework.tasks.pages.labels import project_names
from piecework.tasks.pages.markdown import blocks
from piecework.tasks.schemas import knowledge as s
from piecework.tasks.schemas.work import WorkQuery

MARKS = {"+": "added", "-": "removed"}


class VersionQuery(Query):
    """Which version of the instruction; the newest by default."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class ReadForm(Shape):
    """I have read a version."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class SearchQuery(Query):
    """What is looked for; all articles without it."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    cursor: str | None = Field(default=None, max_length=100)


class UsefulForm(Shape):
    """Whether an article helped."""

    useful: bool


async def knowledge_page(call: Call) -> Shown:
    """The instructions and articles of my projects."""
    mine = (await api.my_instructions(call)).items
    try:
        found = {one.project for one in (await work.open_work(call, WorkQuery())).work}
    except NoContract:
        found = set()
    others = found - {one.project for one in mine}
    return {"mine": mine, "others": sorted((await project_names(others)).items(), key=lambda one: one[1])}


async def articles_page(call: Call, query: SearchQuery) -> Shown:
    """A project's articles, or those that answer a question."""
    code = call.request.path_params["code"][:60]
    found = await api.list_articles(call, s.ArticleQuery(q=query.q or None, cursor=query.cursor))
    bare = is_piece(call)
    return {
        "title": await _name(code),
        "code": code,
        "items": found.items,
        "cursor": found.next_cursor,
        "q": query.q or "",
        "bare": bare,
        "at_hand": None,
        "instruction": None if bare else (await api.list_instructions(call, s.VersionsQuery(limit=1))).latest,
    }


async def article_page(call: Call) -> Shown:
    """An article."""
    code = call.request.path_params["code"][:60]
    article = await api.show_article(call, s.OneVersion())
    bare = is_piece(call)
    return {
        "title": article.title,
        "article": article,
        "code": code,
        "project": await _name(code),
        "blocks": blocks(article.body, under=3 if bare else 1),
        "bare": bare,
    }


async def say_useful(call: Call, form: UsefulForm) -> Go:
    """Say whether an article helped."""
    await api.rate_article(call, s.UsefulIn(useful=form.useful))
    code, article_id = call.request.path_params["code"][:60], call.id("article_id")
    return Go(f"/knowledge/{code}/articles/{article_id}", N_("Thank you: the article will be better for it."))


async def instruction_page(call: Call, query: VersionQuery) -> Shown:
    """A project's instruction, what changed in it since the version that I have read, and its versions."""
    code = call.request.path_params["code"][:60]
    known = await api.list_instructions(call, s.VersionsQuery(limit=20))
    if known.latest is None:
        raise NotFound
    mine = next((one for one in (await api.my_instructions(call)).items if one.project == code), None)
    if query.version is None or query.version == known.latest.version:
        shown = known.latest
    else:
        call.request.path_params["version"] = str(query.version)
        shown = await api.show_instruction(call)
    call.request.path_params["version"] = str(shown.version)
    read = mine.read if mine else None
    since = read if read is not None and read < shown.version else max(0, shown.version - 1)
    changes = await api.instruction_changes(call, s.ChangesQuery(since=since)) if shown.version > 1 else None
    return {
        "code": code,
        "project": await _name(code),
        "shown": shown,
        "latest": known.latest.version,
        "versions": known.versions,
        "blocks": blocks(shown.text),
        "read": read,
        "must": mine is not None and mine.unread,
        "may_read": mine is not None,
        "since": since,
        "changes": marked(changes.lines) if changes else [],
    }


def marked(lines: Sequence[str]) -> list[tuple[str, str]]:
    """The lines of a unified diff, each with what became of it; the first three only name the texts."""
    return [(MARKS.get(line[:1], ""), line[1:] if line[:1] in "+- " else line) for line in lines[3:]]


async def say_read(call: Call, form: ReadForm) -> Go:
    """Say that I have read an instruction, and go on working."""
    call.request.path_params["version"] = str(form.version)
    await api.read_instruction(call)
    left = [one for one in (await api.my_instructions(call)).items if one.unread]
    return Go(f"/knowledge/{left[0].project}/instruction" if left else "/work", N_("Noted: you have read it."))


async def _name(code: str) -> str:
    return (await project_names([code])).get(code, code)


OF = "/knowledge/{code}"
VIEWS = (
    View("GET", "/knowledge", knowledge_page, policy.WORK, N_("Instructions and articles"), "knowledge.html"),
    View("GET", OF, articles_page, policy.KNOWLEDGE_READ, N_("Articles"), "knowledge_found.html", query=SearchQuery),
    View(
        "GET",
        f"{OF}/instruction",
        instruction_page,
        policy.WORK,
        N_("Instruction"),
        "knowledge_instruction.html",
        query=VersionQuery,
    ),
    View("POST", f"{OF}/instruction", say_read, policy.WORK, form=ReadForm),
    View("GET", f"{OF}/articles/{{article_id}}", article_page, policy.KNOWLEDGE_READ, N_("Article"), "knowledge_article.html"),
    View("POST", f"{OF}/articles/{{article_id}}/useful", say_useful, policy.WORK, form=UsefulForm),
)
MENU = (Entry(N_("My work"), N_("Instructions and articles"), "/knowledge", policy.WORK),)
