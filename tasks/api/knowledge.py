"""Operations on instructions and articles."""

from typing import Any

from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import PageQuery, cursor
from piecework.tasks import policy
from piecework.tasks.errors import ArticleArchived, ArticleNotOpened, ChangedMeanwhile
from piecework.tasks.knowledge import articles, instructions, search
from piecework.tasks.knowledge.access import readable_project
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code, visible
from piecework.tasks.schemas import knowledge as s
from piecework.tasks.schemas.work import ReasonIn

MOST_FOUND = 20
AT_HAND = 5


async def _written(call: Call) -> Project:
    return await project_by_code(call.principal, call.request.path_params["code"])


async def _read(call: Call) -> Project:
    return await readable_project(call.principal, call.request.path_params["code"])


async def project_instructions(call: Call, query: PageQuery) -> s.ProjectInstructions:
    """The projects with their newest instructions."""
    projects = await visible(call.principal).filter(id__gt=query.after()).order_by("id").limit(query.limit + 1)
    seen = [one.id for one in projects]
    found = await instructions.newest(seen[: query.limit])
    return s.ProjectInstructions(
        items=[s.ProjectInstruction(**{name: row[name] for name in s.ProjectInstruction.model_fields}) for row in found],
        next_cursor=cursor(seen[query.limit - 1] if len(seen) > query.limit else None),
    )


async def publish_instruction(call: Call, body: s.InstructionIn) -> s.InstructionOut:
    """Publish the next version of a project's instruction."""
    project = await _written(call)
    version = await instructions.publish(call.principal.account_id, project, **body.model_dump())
    return s.InstructionOut(**await instructions.show(project.id, version))


async def list_instructions(call: Call, query: s.VersionsQuery) -> s.Instructions:
    """The newest version of a project's instruction, and its versions."""
    project = await _read(call)
    newest = await instructions.versions(project.id, None, 1)
    found = await instructions.versions(project.id, query.before, query.limit)
    return s.Instructions(
        latest=s.InstructionOut(**await instructions.show(project.id, newest[0]["version"])) if newest else None,
        versions=[s.InstructionVersion(**row) for row in found],
    )


async def show_instruction(call: Call) -> s.InstructionOut:
    """A version of a project's instruction."""
    return s.InstructionOut(**await instructions.show((await _read(call)).id, call.number("version")))


async def instruction_changes(call: Call, query: s.ChangesQuery) -> s.InstructionChanges:
    """What changed between two versions."""
    project, version = await _read(call), call.number("version")
    since = max(0, version - 1) if query.since is None else query.since
    return s.InstructionChanges(since=since, version=version, lines=await instructions.changes(project.id, since, version))


async def instruction_readers(call: Call, query: s.ReadersQuery) -> s.Readers:
    """Who has read a version, of those who may work on the project."""
    project, version = await _written(call), call.number("version")
    found = await instructions.readers(project.id, version, query.after(), query.limit + 1, unread=query.unread)
    shown = found.page[: query.limit]
    return s.Readers(
        items=[s.Reader(**one) for one in shown],
        next_cursor=cursor(shown[-1]["id"] if len(found.page) > query.limit else None),
        people=found.people,
        read=found.read,
        share=found.share,
    )


async def my_instructions(call: Call) -> s.MyInstructions:
    """The instructions of the projects that I may work on."""
    return s.MyInstructions(items=[s.MyInstruction(**row) for row in await instructions.mine(call.principal.account_id)])


async def read_instruction(call: Call) -> s.ReadOut:
    """Say that I have read a version; the first time counts."""
    project = await _read(call)
    return s.ReadOut(read_at=await instructions.read(call.principal.account_id, project.id, call.number("version")))


async def create_article(call: Call, body: s.ArticleIn) -> s.ArticleVersion:
    """Add an article to a project's knowledge base."""
    made = await articles.create(call.principal.account_id, (await _written(call)).id, _text(body))
    return s.ArticleVersion(id=made, version=1)


async def change_article(call: Call, body: s.ArticleChange) -> s.ArticleVersion:
    """Give an article its next version."""
    project, article_id = await _written(call), call.id("article_id")
    version = await articles.change(call.principal.account_id, project.id, article_id, _text(body), after=body.after)
    return s.ArticleVersion(id=article_id, version=version)


async def archive_article(call: Call, body: ReasonIn) -> None:
    """Let an article be found no more."""
    await articles.archive(call.principal.account_id, (await _written(call)).id, call.id("article_id"), body.reason)


async def list_articles(call: Call, query: s.ArticleQuery) -> s.Articles:
    """A project's articles, or those that answer a question."""
    project = await _read(call)
    if query.q is not None:
        best = await search.by_words(project.id, query.q, query.language, min(query.limit, MOST_FOUND))
        return s.Articles(items=[s.ArticleSummary(**row) for row in best], next_cursor=None)
    found = await articles.page(project.id, query.after(), query.limit + 1, archived=query.archived, language=query.language)
    shown = found[: query.limit]
    return s.Articles(
        items=[s.ArticleSummary(**row, snippet=None) for row in shown],
        next_cursor=cursor(shown[-1]["id"] if len(found) > query.limit else None),
    )


async def show_article(call: Call, query: s.OneVersion) -> s.ArticleOut:
    """An article; that a freelancer opens it is counted."""
    project = await _read(call)
    found = await articles.show(project.id, call.id("article_id"), query.version)
    if Role.FREELANCER in call.principal.roles:
        await articles.opened(call.principal.account_id, found["id"], found["version"])
    return s.ArticleOut(**{**found, "steps": [s.ScenarioStep(**step) for step in found["steps"]]})


async def rate_article(call: Call, body: s.UsefulIn) -> None:
    """Say whether an article helped."""
    await articles.rate(call.principal.account_id, (await _read(call)).id, call.id("article_id"), useful=body.useful)


async def article_usage(call: Call, query: PageQuery) -> s.Usage:
    """Which articles are opened, and which help."""
    found = await articles.usage((await _written(call)).id, query.after(), query.limit + 1)
    shown = found[: query.limit]
    return s.Usage(
        items=[s.ArticleUsage(**row) for row in shown],
        next_cursor=cursor(shown[-1]["id"] if len(found) > query.limit else None),
    )


async def articles_at_hand(call: Call) -> s.ArticlesAtHand:
    """Articles about the task in my hands."""
    found = await search.at_hand(call.principal.account_id, call.id("assignment_id"), AT_HAND)
    return s.ArticlesAtHand(items=[s.ArticleSummary(**row) for row in found])


def _text(body: s.ArticleIn) -> articles.Text:
    said: dict[str, Any] = body.model_dump(exclude={"after", "steps"})
    return articles.Text(**said, steps=[articles.StepText(step.title, step.text) for step in body.steps])


OPERATIONS = (
    Operation("GET", "/instructions", project_instructions, policy.KNOWLEDGE_WRITE, "The instructions of the projects", query=PageQuery,
              reply=s.ProjectInstructions, tag="knowledge"),
    Operation("POST", "/projects/{code}/instructions", publish_instruction, policy.KNOWLEDGE_WRITE, "Publish an instruction",
              body=s.InstructionIn, reply=s.InstructionOut, status=201, errors=(ChangedMeanwhile,), tag="knowledge"),
    Operation("GET", "/projects/{code}/instructions", list_instructions, policy.KNOWLEDGE_READ, "A project's instruction",
              query=s.VersionsQuery, reply=s.Instructions, tag="knowledge"),
    Operation("GET", "/projects/{code}/instructions/{version}", show_instruction, policy.KNOWLEDGE_READ, "A version of an instruction",
              reply=s.InstructionOut, tag="knowledge"),
    Operation("GET", "/projects/{code}/instructions/{version}/changes", instruction_changes, policy.KNOWLEDGE_READ,
              "What a version of an instruction changes", query=s.ChangesQuery, reply=s.InstructionChanges, tag="knowledge"),
    Operation("GET", "/projects/{code}/instructions/{version}/readers", instruction_readers, policy.KNOWLEDGE_READERS,
              "Who has read an instruction", query=s.ReadersQuery, reply=s.Readers, tag="knowledge"),
    Operation("GET", "/me/instructions", my_instructions, policy.WORK, "The instructions of my projects", reply=s.MyInstructions,
              tag="knowledge"),
    Operation("POST", "/me/instructions/{code}/{version}/read", read_instruction, policy.WORK, "I have read an instruction",
              reply=s.ReadOut, tag="knowledge"),
    Operation("POST", "/projects/{code}/articles", create_article, policy.KNOWLEDGE_WRITE, "Add an article", body=s.ArticleIn,
              reply=s.ArticleVersion, status=201, tag="knowledge"),
    Operation("PUT", "/projects/{code}/articles/{article_id}", change_article, policy.KNOWLEDGE_WRITE, "Change an article",
              body=s.ArticleChange, reply=s.ArticleVersion, errors=(ChangedMeanwhile, ArticleArchived), tag="knowledge"),
    Operation("POST", "/projects/{code}/articles/{article_id}/archive", archive_article, policy.KNOWLEDGE_WRITE, "Archive an article",
              body=ReasonIn, tag="knowledge"),
    Operation("GET", "/projects/{code}/articles", list_articles, policy.KNOWLEDGE_READ, "A project's articles, or a search in them",
              query=s.ArticleQuery, reply=s.Articles, tag="knowledge"),
    Operation("GET", "/projects/{code}/articles/{article_id}", show_article, policy.KNOWLEDGE_READ, "An article", query=s.OneVersion,
              reply=s.ArticleOut, tag="knowledge"),
    Operation("POST", "/projects/{code}/articles/{article_id}/useful", rate_article, policy.WORK, "Say whether an article helped",
              body=s.UsefulIn, errors=(ArticleNotOpened,), tag="knowledge"),
    Operation("GET", "/projects/{code}/article-usage", article_usage, policy.KNOWLEDGE_WRITE, "Which articles help", query=PageQuery,
              reply=s.Usage, tag="knowledge"),
    Operation("GET", "/assignments/{assignment_id}/articles", articles_at_hand, policy.WORK, "Articles about a task in my hands",
              reply=s.ArticlesAtHand, errors=(NotFound,), tag="knowledge"),
)  # fmt: skip
