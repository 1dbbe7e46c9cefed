"""Operations on answers that await a decision."""

from piecework.platform.web.operation import Call, Operation
from piecework.quality import policy, reviews
from piecework.quality.errors import NotAwaitingReview, OwnWork
from piecework.quality.schemas import reviews as s


async def review(call: Call, body: s.ReviewIn) -> s.ReviewOut:
    """Accept or reject an answer that awaits a decision."""
    assignment_id = call.id("assignment_id")
    state = await reviews.review(call.principal.account_id, assignment_id, accept=body.verdict == "accept", reason=body.reason)
    return s.ReviewOut(assignment_id=assignment_id, state=state)


OPERATIONS = (
    Operation("POST", "/assignments/{assignment_id}/review", review, policy.REVIEW, "Accept or reject an answer", body=s.ReviewIn,
              reply=s.ReviewOut, errors=(OwnWork, NotAwaitingReview), tag="quality"),
)  # fmt: skip
