"""Operations on golden tasks."""

from piecework.platform.web.operation import Call, Operation
from piecework.quality import golden, policy
from piecework.quality.errors import GoldenKnown, NotComparable
from piecework.quality.schemas import golden as s
from piecework.tasks.projects import project_by_code


async def add_golden(call: Call, body: s.GoldenIn) -> s.GoldenOut:
    """Make a golden task."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    made = await golden.add(call.principal.account_id, project, body.step, dict(body.input), body.answers)
    return s.GoldenOut(task_id=made)


OPERATIONS = (
    Operation("POST", "/projects/{code}/golden", add_golden, policy.GOLDEN_WRITE, "Make a golden task", body=s.GoldenIn,
              reply=s.GoldenOut, status=201, errors=(NotComparable, GoldenKnown), idempotent=True, tag="quality"),
)  # fmt: skip
