"""Who may read what a project knows: whom it belongs to, the staff, and those who may work on it or hold a task of it."""

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.identity.principal import Principal
from piecework.tasks.models import Project
from piecework.tasks.projects import visible

WORKS_ON = """
SELECT EXISTS (SELECT FROM may_work WHERE freelancer_id = $1 AND project_id = $2)
    OR EXISTS (SELECT FROM assignment WHERE freelancer_id = $1 AND project_id = $2 AND state = 'held')"""


async def readable_project(principal: Principal, code: str) -> Project:
    """The project with this code, if the caller may read what it knows.

    Raises:
        NotFound: there is none, or it is not theirs to read.
    """
    project = await Project.get_or_none(code=code[:60])
    if project is not None and (
        await visible(principal).filter(id=project.id).exists() or await db.scalar(WORKS_ON, principal.account_id, project.id)
    ):
        return project
    raise NotFound
