"""Shapes of instructions and articles."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from piecework.platform.said import Said
from piecework.platform.web.operation import Query, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.tasks.fields import Name

MOST_LINES = 2_000
"""The differences of two texts cost the more the more lines they have."""


def _few_lines(text: str) -> str:
    if len(text.splitlines()) > MOST_LINES:
        raise ValueError(Said("at most %(most_lines)s lines", most_lines=MOST_LINES))
    return text


Markdown = Annotated[str, StringConstraints(min_length=1, max_length=50_000, strip_whitespace=True)]
Summary = Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)]
Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
Spoken = Literal["ru", "en"]
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class InstructionIn(Shape):
    """The next version of a project's instruction, in Markdown, with what changed in it.

    `must_read`: nobody gets tasks of the project before they have read it. `after`: the version that it was written from (0: none);
    if there is a newer one by now, nothing is published.
    """

    text: Annotated[Markdown, AfterValidator(_few_lines)]
    language: Language
    summary: Summary
    must_read: bool
    after: Version | None = None


class InstructionVersion(Shape):
    """A version of a project's instruction."""

    version: int
    language: str
    summary: str
    must_read: bool
    published_by: UUID | None
    published_at: datetime


class InstructionOut(InstructionVersion):
    """A version with its text (Markdown)."""

    text: str


class VersionsQuery(Query):
    """Versions before one, the newest first."""

    limit: int = Field(default=50, ge=1, le=200)
    before: int | None = Field(default=None, ge=1, le=2**31 - 1)


class Instructions(Shape):
    """The newest version in full (null: there is none) and what there is to know of versions; go on with `before`."""

    latest: InstructionOut | None
    versions: list[InstructionVersion]


class ChangesQuery(Query):
    """The version to compare with: the one before by default; 0 is the empty text."""

    since: int | None = Field(default=None, ge=0, le=2**31 - 1)


class InstructionChanges(Shape):
    """What changed between two versions: the lines of a unified diff."""

    since: int
    version: int
    lines: list[str]


class MyInstruction(Shape):
    """The newest instruction of a project that I may work on. `read`: the newest version that I have read; `unread`: I must, first."""

    project: str
    name: str
    version: int
    language: str
    summary: str
    published_at: datetime
    read: int | None
    unread: bool


class MyInstructions(Shape):
    """The instructions of my projects, those that hold back my claims first."""

    items: list[MyInstruction]


class ReadOut(Shape):
    """When it was first read."""

    read_at: datetime


class ProjectInstruction(Shape):
    """A project and its newest instruction (nulls: there is none). `people` may work on it now, `read` of them have read that."""

    project: str
    name: str
    version: int | None
    language: str | None
    must_read: bool | None
    published_at: datetime | None
    people: int
    read: int


class ProjectInstructions(Page[ProjectInstruction]):
    """A page of projects with their instructions."""


class ReadersQuery(PageQuery):
    """Everybody, or only those who have not read it."""

    unread: bool = False


class Reader(Shape):
    """Somebody who may work on the project. `read_at`: when they first read this version or a later one."""

    id: UUID
    name: str
    read_at: datetime | None


class Readers(Page[Reader]):
    """Who has read it. `people` may work on the project now, `read` of them have read it; `share` is null if there is nobody."""

    people: int
    read: int
    share: float | None


class ScenarioStep(Shape):
    """A step of a scenario."""

    title: Name
    text: Annotated[str, StringConstraints(max_length=2000)] = ""


class ArticleIn(Shape):
    """An article: the body is Markdown, `steps` make it a scenario."""

    title: Name
    body: Markdown
    language: Spoken
    keywords: Annotated[list[Keyword], Field(max_length=30, default_factory=list)]
    steps: Annotated[list[ScenarioStep], Field(max_length=50, default_factory=list)]


class ArticleChange(ArticleIn):
    """The next version of an article. `after`: the version it was written from; if there is a newer one, nothing is changed."""

    after: Version | None = None


class ArticleVersion(Shape):
    """An article and the version of it that is shown."""

    id: UUID
    version: int


class ArticleSummary(ArticleVersion):
    """An article without its text. `snippet`: where it answers the question, in plain text; null if none was asked."""

    language: str
    title: str
    at: datetime
    snippet: str | None


class ArticleOut(ArticleVersion):
    """An article in one of its versions."""

    language: str
    title: str
    keywords: list[str]
    body: str
    steps: list[ScenarioStep]
    at: datetime
    archived_at: datetime | None


class ArticleQuery(PageQuery):
    """All articles in the order they were made, or with `q` those that answer a question best (up to 20, without further pages)."""

    q: str | None = Field(default=None, min_length=1, max_length=200)
    language: Spoken | None = None
    archived: bool = False


class Articles(Page[ArticleSummary]):
    """A page of articles."""


class ArticlesAtHand(Shape):
    """The articles that have most to say about a task, the best first."""

    items: list[ArticleSummary]


class OneVersion(Query):
    """Which version; the present one by default."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class UsefulIn(Shape):
    """Whether the article helped."""

    useful: bool


class ArticleUsage(ArticleVersion):
    """How often an article was opened, by how many people, and how many say that its present version helped (`useful`) or not."""

    title: str
    archived_at: datetime | None
    people: int
    opened: int
    useful: int
    useless: int


class Usage(Page[ArticleUsage]):
    """A page of articles with their usage."""
