"""Articles for those who write them: which are opened and which help, writing, changing, archiving."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy
from piecework.tasks.api import knowledge as api
from piecework.tasks.pages.fitting import fitted
from piecework.tasks.pages.instruction_views import code_of
from piecework.tasks.pages.labels import project_names
from piecework.tasks.projects import project_by_code
from piecework.tasks.schemas import knowledge as s
from piecework.tasks.schemas.work import ReasonIn

LIST = "/projects/{code}/articles"
ONE = f"{LIST}/{{article_id}}"
NEW = f"{LIST}/new"
MORE_STEPS = 3
"""So many empty steps stand below those there are; saving makes room for the next."""


class StepRow(Shape):
    """A step of a scenario; without a title it is none."""

    title: Annotated[str, StringConstraints(max_length=200)] | None = None
    text: Annotated[str, StringConstraints(max_length=2000)] | None = None


class ArticleForm(Shape):
    """An article as a browser sends it: keywords in one line, with commas."""

    title: str
    body: str
    language: s.Spoken
    keywords: Annotated[str, StringConstraints(max_length=2000)] = ""
    steps: Annotated[list[StepRow], Field(default_factory=list, max_length=60)]
    after: s.Version | None = None


async def project_articles_page(call: Call, query: PageQuery) -> Shown:
    """A project's articles with how often they are opened and whether they help."""
    return {**await _about(call), "found": await api.article_usage(call, query)}


async def new_article_page(call: Call) -> Shown:
    """An empty article."""
    await project_by_code(call.principal, code_of(call))
    return {**await _about(call), "article": None, "rows": _rows([])}


async def add_article(call: Call, form: ArticleForm) -> Go:
    """Add it."""
    await api.create_article(call, fitted(s.ArticleIn, **_said(form)))
    return Go(f"/projects/{code_of(call)}/articles", N_("The article is added."))


async def change_article_page(call: Call) -> Shown:
    """An article as it stands, to change it."""
    found = await api.show_article(call, s.OneVersion())
    return {**await _about(call), "article": found, "rows": _rows(found.steps)}


async def save_article(call: Call, form: ArticleForm) -> Go:
    """Give it its next version."""
    await api.change_article(call, fitted(s.ArticleChange, **_said(form), after=form.after))
    return Go(f"/projects/{code_of(call)}/articles", N_("The article is changed."))


async def put_article_away(call: Call, form: ReasonIn) -> Go:
    """Archive it."""
    await api.archive_article(call, form)
    return Go(f"/projects/{code_of(call)}/articles", N_("The article is archived: nobody finds it any more."))


def _said(form: ArticleForm) -> dict[str, Any]:
    return {
        "title": form.title,
        "body": form.body,
        "language": form.language,
        "keywords": [one.strip() for one in form.keywords.split(",") if one.strip()],
        "steps": [{"title": one.title, "text": one.text or ""} for one in form.steps if one.title],
    }


def _rows(steps: list[s.ScenarioStep]) -> list[tuple[str, str]]:
    return [*((one.title, one.text) for one in steps), *([("", "")] * MORE_STEPS)]


async def _about(call: Call) -> dict[str, Any]:
    code = code_of(call)
    return {"code": code, "project": (await project_names([code])).get(code, code)}


WRITE = policy.KNOWLEDGE_WRITE
VIEWS = (
    View("GET", LIST, project_articles_page, WRITE, N_("Articles"), "article_list.html", query=PageQuery),
    View("POST", LIST, add_article, WRITE, form=ArticleForm, again=NEW),
    View("GET", NEW, new_article_page, WRITE, N_("A new article"), "article_edit.html"),
    View("GET", ONE, change_article_page, WRITE, N_("Change an article"), "article_edit.html"),
    View("POST", ONE, save_article, WRITE, form=ArticleForm, again=ONE),
    View("POST", f"{ONE}/archive", put_article_away, WRITE, form=ReasonIn, again=ONE),
)
