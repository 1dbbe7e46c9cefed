"""Steps as the hot path needs them: compiled once per process, because a step never changes."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.tasks.fields import AnswerSchema
from piecework.tasks.workflows import StepSpec


@dataclass(frozen=True, slots=True)
class LoadedStep:
    """A step with its compiled answer schema, and the JSON fragment that every assignment of it carries."""

    id: int
    project_id: UUID
    project_code: str
    currency: str
    version: int
    spec: StepSpec
    schema: AnswerSchema
    fragment: bytes


class StepCache:
    """Steps by id. Reads as the freelancer's role."""

    def __init__(self) -> None:
        self._steps: dict[int, LoadedStep] = {}
        self._projects: dict[str, UUID] = {}

    def known(self, step_id: int) -> LoadedStep | None:
        """The step if it was loaded before."""
        return self._steps.get(step_id)

    async def get(self, step_id: int) -> LoadedStep:
        """The step.

        Raises:
            NotFound: there is none with this id.
        """
        step = self._steps.get(step_id)
        if step is None:
            step = self._steps[step_id] = await self._load(step_id)
        return step

    async def project_id(self, code: str) -> UUID:
        """The id of a project by its code.

        Raises:
            NotFound: there is none.
        """
        if code not in self._projects:
            found = await db.scalar("SELECT id FROM project WHERE code = $1", code, on=db.FREELANCER)
            if found is None:
                raise NotFound(Said("There is no project with this code."))
            self._projects[code] = found
        return self._projects[code]

    async def _load(self, step_id: int) -> LoadedStep:
        row = await db.row(
            """SELECT s.id, s.project_id, s.spec, p.code, p.currency, w.version
               FROM step s JOIN project p ON p.id = s.project_id JOIN workflow w ON w.id = s.workflow_id WHERE s.id = $1""",
            step_id,
            on=db.FREELANCER,
        )
        if row is None:
            raise NotFound
        spec = StepSpec.model_validate_json(row["spec"])
        fragment = orjson.dumps(
            {
                "project": row["code"],
                "currency": row["currency"],
                "step": {"id": str(step_id), "key": spec.key, "title": spec.title},
            }
        )[1:-1]
        schema = await asyncio.to_thread(_compiled, spec)
        return LoadedStep(step_id, row["project_id"], row["code"], row["currency"], row["version"], spec, schema, fragment)


def _compiled(spec: StepSpec) -> AnswerSchema:
    schema = AnswerSchema(spec.answer)
    schema.is_ready()
    return schema
