"""Interviews that I review: the guide with what a good answer shows, my scores, which nobody sees before all reviews are in."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform import db
from piecework.platform.pages import texts
from piecework.platform.pages.rendering import plain
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import admissions as api
from piecework.quality.pages.pieces import fitted
from piecework.quality.schemas.admissions import ScoresIn, WhyIn

LIST, ONE = "/interview-reviews", "/interview-reviews/{review_id}"
WANTED = """
SELECT count(*) FROM interview_review r JOIN interview i ON i.id = r.interview_id
WHERE r.reviewer_id = $1 AND r.submitted_at IS NULL AND r.declined_at IS NULL AND i.ended_at IS NULL"""


class ScoreForm(Shape):
    """What is said of one question."""

    score: int | None = None
    note: Annotated[str, StringConstraints(max_length=2000)] = ""


class ScoresForm(Shape):
    """A review: question -> score and note."""

    scores: Annotated[dict[str, ScoreForm], Field(max_length=360)] = Field(default_factory=dict)
    comment: Annotated[str, StringConstraints(max_length=4000)] = ""


async def reviews_page(call: Call, query: PageQuery) -> Shown:
    """Interviews that I am asked to review, newest first."""
    return {"found": await api.my_interview_reviews(call, query)}


async def review_page(call: Call) -> Shown:
    """One interview that I am asked to review: the guide to score by."""
    found = await api.show_interview_review(call)
    open_ = found.submitted_at is None and found.declined_at is None
    return {"found": found, "language": texts.language(call.request), "open": open_, "title": plain(found.candidate)}


async def score(call: Call, form: ScoresForm) -> Go:
    """Hand in my scores."""
    given = [
        {"question": code, "score": one.score, "note": one.note} for code, one in form.scores.items() if one.score is not None
    ]
    await api.score_interview(call, fitted(ScoresIn, scores=given, comment=form.comment))
    return Go(f"{LIST}/{call.id('review_id')}", N_("Your scores are in. Nobody sees them before all reviews are."))


async def decline(call: Call, form: WhyIn) -> Go:
    """Give my seat back."""
    await api.decline_review(call, form)
    return Go(LIST, N_("Noted. Somebody else is asked."))


async def wanted(me: UUID) -> int:
    """How many interviews wait for my scores."""
    return int(await db.scalar(WANTED, me))


OWN = policy.CANDIDACIES
VIEWS = (
    View("GET", LIST, reviews_page, OWN, N_("Interviews"), "cand_reviews.html", query=PageQuery),
    View("GET", ONE, review_page, OWN, N_("Interview"), "cand_review.html"),
    View("POST", ONE, score, OWN, form=ScoresForm, again=ONE, body_limit_bytes=2 * 1024 * 1024),
    View("GET", f"{ONE}/decline", review_page, OWN, N_("Give the review back"), "cand_decline.html"),
    View("POST", f"{ONE}/decline", decline, OWN, form=WhyIn, again=f"{ONE}/decline"),
)
MENU = (Entry(N_("People"), N_("Interviews"), LIST, OWN, badge=wanted),)
