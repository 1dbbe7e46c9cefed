"""Names for what the work is about: projects, and what is shown of a task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.identity.models import Account
from piecework.tasks.models import Project
from piecework.tasks.steps import LoadedStep
from piecework.tasks.workflows import StepSpec

BESIDE = """
SELECT other.spec FROM step mine JOIN step other ON other.workflow_id = mine.workflow_id WHERE mine.id = $1 ORDER BY other.id
"""
TITLES = "SELECT s.key, s.spec ->> 'title' AS title FROM step s JOIN ticket k USING (workflow_id) WHERE k.id = $1"
FAMILIAR = {"ticket.channel": "channel", "ticket.language": "language"}
"""Sources whose values are codes of ours."""

_titles: dict[int, Mapping[str, Mapping[str, str]]] = {}
"""By step: input field -> value -> title. A step never changes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that is shown of a task. `kind`: `channel` and `language` are codes with words, the rest is text as it came."""

    name: str
    title: str
    value: Any
    kind: str

    @property
    def long(self) -> bool:
        """True for what wants a block of its own rather than a line."""
        return isinstance(self.value, str) and (len(self.value) > 60 or "\n" in self.value)


async def project_names(codes: Iterable[str]) -> Mapping[str, str]:
    """The names of projects by their codes."""
    wanted = set(codes)
    return dict(await Project.filter(code__in=wanted).values_list("code", "name")) if wanted else {}


async def step_titles(ticket_id: UUID) -> Mapping[str, str]:
    """The titles of the steps that a ticket may go through, by their keys."""
    return {row["key"]: row["title"] or row["key"] for row in await db.rows(TITLES, ticket_id)}


async def people_names(ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """The names of these accounts, in one query."""
    wanted = {one for one in ids if one is not None}
    return dict(await Account.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


async def shown(step: LoadedStep, given: Mapping[str, Any]) -> Sequence[Shown]:
    """What is shown of a task, in the step's order; values that an earlier step chose by the titles they had there."""
    return shown_of(step.spec, given, await _of(step))


def shown_of(step: StepSpec, given: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]]) -> Sequence[Shown]:
    """The same for a step that need not be published; `titles` as `titles_in` tells them."""
    return [
        Shown(
            one.name,
            one.title,
            titles.get(one.name, {}).get(str(given[one.name]), given[one.name]),
            FAMILIAR.get(one.source, "text"),
        )
        for one in step.input
        if given.get(one.name) not in (None, "")
    ]


def titles_in(steps: Mapping[str, StepSpec], step: StepSpec) -> Mapping[str, Mapping[str, str]]:
    """The titles of values that are shown of earlier steps: input field -> value -> title."""
    chosen = [one for one in step.input if not one.source.startswith("ticket.")]
    return {one.name: _options(steps, *one.source.split(".", 1)) for one in chosen}


async def _of(step: LoadedStep) -> Mapping[str, Mapping[str, str]]:
    found = _titles.get(step.id)
    if found is None:
        asks = any(not one.source.startswith("ticket.") for one in step.spec.input)
        rows = await db.rows(BESIDE, step.id, on=db.FREELANCER) if asks else ()
        steps = {spec.key: spec for spec in (StepSpec.model_validate_json(row["spec"]) for row in rows)}
        found = _titles[step.id] = titles_in(steps, step.spec)
    return found


def _options(steps: Mapping[str, StepSpec], key: str, name: str) -> Mapping[str, str]:
    fields = steps[key].answer if key in steps else ()
    return {option.value: option.title for field in fields if field.name == name for option in field.options}
