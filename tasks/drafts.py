"""The next version of a workflow while it is written: kept as it is, whether or not it fits together yet."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from piecework.platform import db
from piecework.tasks import coherence, workflows
from piecework.tasks.coherence import Fault
from piecework.tasks.errors import ChangedMeanwhile
from piecework.tasks.models import Project
from piecework.tasks.workflows import WorkflowGraph, WorkflowSpec

EMPTY: Mapping[str, Any] = {"name": "", "steps": []}
MOST_FAULTS = 100
SCALARS = {"str", "bool", "int", "float"}
"""Which alternative of a value did not fit is no place in a workflow."""

PUT = """
INSERT INTO workflow_draft (project_id, spec, changed_by, begun_from)
SELECT $1, $2::jsonb, $3, (SELECT id FROM workflow WHERE project_id = $1 AND state = 'active') WHERE $4::uuid IS NULL OR EXISTS (SELECT FROM workflow_draft WHERE project_id = $1)
ON CONFLICT (project_id) DO UPDATE SET spec = excluded.spec, changed_by = excluded.changed_by, revision = uuidv7(),
    changed_at = clock_timestamp()
WHERE workflow_draft.revision = $4
RETURNING revision
"""
KEPT = """
SELECT d.spec, d.revision, d.changed_at, d.changed_by, d.begun_from IS DISTINCT FROM w.id AS outdated
FROM workflow_draft d LEFT JOIN workflow w ON w.project_id = d.project_id AND w.state = 'active' WHERE d.project_id = $1
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become the next version. Without a `revision` nothing is kept yet: it is what holds now, or empty."""

    spec: Mapping[str, Any]
    revision: UUID | None = None
    changed_at: datetime | None = None
    changed_by: UUID | None = None
    outdated: bool = False
    """Another version was published since it was begun."""


async def kept(project_id: UUID) -> Draft | None:
    """The draft of a project, if there is one."""
    row = await db.row(KEPT, project_id)
    return None if row is None else Draft(**{**row, "spec": orjson.loads(row["spec"])})


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
        ChangedMeanwhile: somebody else kept another one, published it or threw it away.
    """
    made: UUID | None = await db.scalar(PUT, project.id, json.dumps(spec), actor, revision)
    if made is None:
        raise ChangedMeanwhile
    return made


async def drop(project_id: UUID) -> None:
    """Throw the draft away, if there is one."""
    await db.execute("DELETE FROM workflow_draft WHERE project_id = $1", project_id)


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
