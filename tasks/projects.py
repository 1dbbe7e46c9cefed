"""Projects: finding one by the code in a path."""

from piecework.platform.errors import NotFound
from piecework.tasks.models import Project


async def project_by_code(code: str) -> Project:
    """The project with this code.

    Raises:
        NotFound: there is none.
    """
    project = await Project.get_or_none(code=code[:60])
    if project is None:
        raise NotFound
    return project
