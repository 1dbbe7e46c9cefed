"""The next version of a workflow while it is written: kept as it is, whether or not it fits together yet."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from piecework.platform import drafts
from piecework.tasks import coherence, workflows
from piecework.tasks.coherence import Fault
from piecework.tasks.models import Project
from piecework.tasks.workflows import WorkflowGraph, WorkflowSpec

EMPTY: Mapping[str, Any] = {"name": "", "steps": []}
MOST_FAULTS = 100
SCALARS = {"str", "bool", "int", "float"}
"""Which alternative of a value did not fit is no place in a workflow."""

KIND = "workflow"
"""Of these drafts. A project owns its draft."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become the next version. Without a `revision` nothing is kept yet: it is what holds now, or empty."""

    spec: Mapping[str, Any]
    revision: UUID | None = None
    changed_at: datetime | None = None
    changed_by: UUID | None = None
    outdated: bool = False
    """Another version was published since it was begun."""

    @property
    def kept_until(self) -> datetime | None:
        """When it is thrown away if nobody touches it before."""
        return None if self.changed_at is None else drafts.until(self.changed_at)


async def kept(project_id: UUID) -> Draft | None:
    """The draft of a project, if there is one."""
    found = await drafts.kept(KIND, project_id)
    if found is None:
        return None
    outdated = found.begun_from != await _active(project_id)
    return Draft(found.spec, found.revision, found.changed_at, found.changed_by, outdated)


async def _active(project_id: UUID) -> str | None:
    """The id of the version that holds now."""
    found = await workflows.active(project_id)
    return None if found is None else str(found.id)


async def begun(project_id: UUID) -> Draft:
    """What one goes on writing from: the draft, else what holds now, else an empty one."""
    found = await kept(project_id)
    if found is not None:
        return found
    active = await workflows.active(project_id)
    return Draft(EMPTY) if active is None else Draft(workflows.read_spec(active.spec).model_dump(mode="json", by_alias=True))


async def keep(actor: UUID, project: Project, spec: Mapping[str, Any], revision: UUID | None) -> UUID:
    """Keep a draft that was written from this revision (None: there was none); returns its new one.

    Raises:
        DraftChanged: somebody else kept another one, published it or threw it away.
    """
    begun_from = None if revision else await _active(project.id)
    return await drafts.keep(actor, KIND, project.id, "", spec, revision=revision, begun_from=begun_from)


async def drop(project_id: UUID) -> None:
    """Throw the draft away, if there is one."""
    await drafts.drop(KIND, project_id)


def faults(spec: Mapping[str, Any]) -> Sequence[Fault]:
    """Everything that keeps this from being published; nothing if it can be."""
    try:
        graph = WorkflowGraph.model_validate_json(json.dumps(spec))
    except ValidationError as error:
        found: dict[tuple[coherence.Place, str], Fault] = {}
        for item in error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]:
            place = tuple(part for part in item["loc"] if part not in SCALARS)
            found.setdefault((place, item["type"]), Fault(place, item["type"], item["msg"][:300]))
        if any(place[:1] != ("name",) for place, _ in found):
            return list(found.values())
        graph = WorkflowGraph.model_validate_json(json.dumps({**spec, "name": "?"}))  # a missing name hides nothing else
        return [*found.values(), *coherence.faults(graph)][:MOST_FAULTS]
    return list(coherence.faults(graph))[:MOST_FAULTS]


def read(spec: Mapping[str, Any]) -> WorkflowSpec:
    """A draft as a workflow.

    Raises:
        ValidationError: it is none; see `faults`.
    """
    return WorkflowSpec.model_validate_json(json.dumps(spec))
