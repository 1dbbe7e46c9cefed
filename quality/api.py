"""Operations of quality."""

from typing import Any

from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.platform.web.operation import Call, Operation
from piecework.quality import accuracy, golden, policy, reviews
from piecework.quality import schemas as s
from piecework.quality.accuracy import Estimate
from piecework.quality.errors import GoldenKnown, NotAwaitingReview, NotComparable, OwnWork
from piecework.tasks.projects import project_by_code


async def add_golden(call: Call, body: s.GoldenIn) -> s.GoldenOut:
    """Make a golden task."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    made = await golden.add(call.principal.account_id, project, body.step, dict(body.input), body.answers)
    return s.GoldenOut(task_id=made)


async def review(call: Call, body: s.ReviewIn) -> s.ReviewOut:
    """Accept or reject an answer that awaits a decision."""
    assignment_id = call.id("assignment_id")
    state = await reviews.review(call.principal.account_id, assignment_id, accept=body.verdict == "accept", reason=body.reason)
    return s.ReviewOut(assignment_id=assignment_id, state=state)


def _accuracy(one: Estimate) -> dict[str, Any]:
    return {
        "project": one.project,
        "step_id": str(one.step_id),
        "step": one.step,
        "mean": one.interval.mean,
        "low": one.interval.low,
        "high": one.interval.high,
        "answers": one.answers,
        "questions": one.asked,
    }


async def own_accuracy(call: Call) -> s.OwnAccuracy:
    """My accuracy per step, with its interval, as of the last midnight."""
    as_of, found = await accuracy.own(call.principal.account_id)
    return s.OwnAccuracy(as_of=as_of, steps=[s.AccuracyOut(**_accuracy(one)) for one in found])


async def person_accuracy(call: Call) -> s.PersonAccuracy:
    """A person's accuracy per step, with the evidence behind it."""
    freelancer_id = call.id("freelancer_id")
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    return s.PersonAccuracy(
        freelancer_id=freelancer_id,
        steps=[
            s.AccuracyDetail(
                **_accuracy(one),
                evidence=[
                    s.KindOut(kind=kind, answers=n, right=right, wrong=wrong) for kind, (n, right, wrong) in one.by_kind.items()
                ],
            )
            for one in await accuracy.estimates(freelancer_id)
        ],
    )


OPERATIONS = (
    Operation("POST", "/projects/{code}/golden", add_golden, policy.GOLDEN_WRITE, "Make a golden task", body=s.GoldenIn,
              reply=s.GoldenOut, status=201, errors=(NotComparable, GoldenKnown), idempotent=True, tag="quality"),
    Operation("POST", "/assignments/{assignment_id}/review", review, policy.REVIEW, "Accept or reject an answer", body=s.ReviewIn,
              reply=s.ReviewOut, errors=(OwnWork, NotAwaitingReview), tag="quality"),
    Operation("GET", "/me/accuracy", own_accuracy, policy.OWN_ACCURACY_READ, "My accuracy", reply=s.OwnAccuracy, tag="quality"),
    Operation("GET", "/freelancers/{freelancer_id}/accuracy", person_accuracy, policy.ACCURACY_READ, "A person's accuracy",
              reply=s.PersonAccuracy, tag="quality"),
)  # fmt: skip
