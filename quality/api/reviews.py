"""Operations on answers that await a decision."""

from collections import Counter

from piecework.platform.web.operation import Call, Operation
from piecework.quality import policy
from piecework.quality.auditing import reviews
from piecework.quality.errors import NotAwaitingReview, OwnWork
from piecework.quality.schemas import reviews as s
from piecework.tasks.projects import project_by_code


async def review(call: Call, body: s.ReviewIn) -> s.ReviewOut:
    """Accept or reject an answer that awaits a decision."""
    assignment_id = call.id("assignment_id")
    state = await reviews.review(call.principal.account_id, assignment_id, accept=body.verdict == "accept", reason=body.reason)
    return s.ReviewOut(assignment_id=assignment_id, state=state)


async def import_reviews(call: Call, body: s.ReviewsIn) -> s.ReviewsOut:
    """Accept and reject answers of a project by a list; what has moved on is refused row by row."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    listed = [reviews.Decision(row.assignment_id, row.verdict == "accept", row.reason) for row in body.rows]
    outcomes = await reviews.review_all(call.principal.account_id, listed, project.id)
    states = Counter(one.state for one in outcomes)
    return s.ReviewsOut(
        accepted=states["accepted"],
        rejected=states["rejected"],
        refused=states[None],
        rows=[
            s.ReviewedRow(
                assignment_id=one.assignment_id,
                state=one.state,
                refused=one.refused.code if one.refused else None,
                why=str(one.refused) if one.refused else None,
            )
            for one in outcomes
        ],
    )


OPERATIONS = (
    Operation("POST", "/assignments/{assignment_id}/review", review, policy.REVIEW, "Accept or reject an answer", body=s.ReviewIn,
              reply=s.ReviewOut, errors=(OwnWork, NotAwaitingReview), tag="quality"),
    Operation("POST", "/projects/{code}/reviews/import", import_reviews, policy.REVIEW, "Accept and reject answers by a list",
              body=s.ReviewsIn, reply=s.ReviewsOut, tag="quality"),
)  # fmt: skip
