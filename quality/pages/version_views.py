"""What the pages of exams and of courses have in common: their lists, a version as it reads, and what is done about it."""

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, TypeVar

from piecework.platform.errors import NotFound
from piecework.platform.pages import texts
from piecework.platform.pages.view import Go, Shown
from piecework.platform.web.operation import Call
from piecework.quality.api.publishing import code_of, version_of
from piecework.quality.pages.pieces import names
from piecework.quality.pages.writing_views import Subject, changes
from piecework.quality.publishing import Kind, S, one, versions
from piecework.quality.schemas.publishing import VersionOut

V = TypeVar("V", bound=VersionOut)


def by_code(found: Iterable[V]) -> dict[str, list[V]]:
    """Versions by their code, the newest first."""
    listed: dict[str, list[V]] = {}
    for each in found:
        listed.setdefault(each.code, []).append(each)
    return listed


async def listed(call: Call, kind: Kind[S]) -> Mapping[str, Any]:
    """The versions of the code in the path, the newest first, with the names of who wrote and published them."""
    found = await versions(kind, code_of(call))
    if not found:
        raise NotFound
    people = await names(person for each in found for person in (each.author, each.published_by))
    return {"code": code_of(call), "listed": found, "newest": found[0], "names": people}


async def version_shown(call: Call, kind: Kind[S], subject: Subject) -> Shown:
    """The version in the path; of a draft, what changes against the version that it would retire."""
    found = await one(kind, *version_of(call))
    spec = found.spec.model_dump(mode="json", by_alias=True)
    draft = found.state == "draft"
    return {
        "found": found,
        "spec": found.spec,
        "subject": subject,
        "names": await names([found.author, found.published_by, found.retired_by]),
        "own": found.author == call.principal.account_id,
        "changes": await changes(subject, call, found.code, {"spec": spec}, texts.language(call.request)) if draft else None,
    }


async def decided(place: str, decision: Awaitable[VersionOut], said: str) -> Go:
    """Carry out a decision about a version, and go on to it."""
    made = await decision
    return Go(f"{place}/{made.code}/versions/{made.version}", said)
