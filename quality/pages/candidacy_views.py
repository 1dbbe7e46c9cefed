"""The way in as curators see it: who waits for us and until when, what they wrote, and the decisions that move them on."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.pages import texts
from piecework.platform.pages.rendering import plain
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.admissions import candidacies
from piecework.quality.admissions.candidacies import OURS
from piecework.quality.admissions.specs import STAGES
from piecework.quality.api import admissions as api
from piecework.quality.pages.pieces import fitted, names, projects_of
from piecework.quality.schemas.admissions import (
    CandidacyOut,
    CandidacyQuery,
    DecisionIn,
    ExtensionIn,
    FiguresQuery,
    InterviewOut,
    ReviewerIn,
    SlotsIn,
)

LIST, ONE = "/candidacies", "/candidacies/{candidacy_id}"
APPLICATION, INTERVIEW = "application", "interview"
LEADS = {"language_exam": "/exams", "direction_exam": "/exams", "training": "/courses", "trial": "/courses"}
"""Where what a stage lacks is published."""
# What waits for an admission is counted with those.
COUNT = f"SELECT count(*) FROM candidacy c WHERE {OURS} AND c.freelancer_id <> $1"


class SlotsForm(Shape):
    """Times for an interview as a browser writes them: without a zone, so in the reader's."""

    starts: Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=20)] = Field(default_factory=list)
    minutes: int = 60
    place: Annotated[str, StringConstraints(max_length=500)] = ""


async def candidacies_page(call: Call, query: CandidacyQuery) -> Shown:
    """Candidacies, the overdue first."""
    projects = await projects_of(call)
    return {
        "found": await api.list_candidacies(call, query),
        "query": query,
        "stages": STAGES,
        "projects": projects,
        "direction_names": {one.code: one.name for one in projects},
    }


async def figures_page(call: Call, query: FiguresQuery) -> Shown:
    """By stage: who came and how it ended, how long it took, who is overdue now."""
    return {"found": await api.candidacy_figures(call, query), "query": query, "projects": await projects_of(call)}


async def candidacy_page(call: Call) -> Shown:
    """A candidacy with everything that is known of it, and what may be done."""
    found = await api.show_candidacy(call)
    current = next((one for one in reversed(found.interviews) if one.ended_at is None), None)
    at_interview = found.state == "open" and found.stage == INTERVIEW and current is not None
    free = await _free(found, current) if current is not None and at_interview else []
    involved = [one.actor for one in found.history]
    for one in found.interviews:
        involved += [one.proposed_by, one.decided_by]
    own = found.freelancer_id == call.principal.account_id
    return {
        "found": found,
        "title": plain(found.name),
        "me": call.principal.account_id,
        "own": own,
        "current": current if at_interview else None,
        "free": free,
        "names": await names(involved),
        "leads": LEADS | {"contract": f"/contracts/{found.freelancer_id}/offer"},
    }


async def _free(found: CandidacyOut, current: InterviewOut) -> list[tuple[UUID, str]]:
    """The curators who may still be asked to review an interview, by name."""
    asked = {one.reviewer_id for one in current.reviews} | {found.freelancer_id}
    known = await names(one for one in await candidacies.curators() if one not in asked)
    return sorted(known.items(), key=lambda one: one[1].casefold())


def _to(call: Call) -> str:
    return f"{LIST}/{call.id('candidacy_id')}"


async def screen(call: Call, form: DecisionIn) -> Go:
    """Accept or refuse an application."""
    await api.screen_application(call, form)
    return Go(_to(call), N_("Decided. The candidate reads your reason."))


async def extend(call: Call, form: ExtensionIn) -> Go:
    """Give whoever's turn it is more time."""
    await api.extend_candidacy(call, form)
    return Go(_to(call), N_("The deadline is later now; the candidate has been told why."))


async def propose(call: Call, form: SlotsForm) -> Go:
    """Propose times for the interview."""
    zone = texts.zone(call.request)
    starts = []
    for text in filter(str.strip, form.starts):
        try:
            starts.append(datetime.fromisoformat(text).replace(tzinfo=zone))
        except ValueError:
            message = "This is not a day and a time."
            raise Invalid(errors=[{"field": "starts", "code": "datetime_parsing", "message": message}]) from None
    await api.propose_slots(call, fitted(SlotsIn, starts=starts, minutes=form.minutes, place=form.place.strip()))
    return Go(_to(call), N_("The times are proposed; the candidate chooses one."))


async def ask(call: Call, form: ReviewerIn) -> Go:
    """Ask a curator for a review of the interview."""
    await api.ask_reviewer(call, form)
    return Go(_to(call), N_("Asked. They have been told."))


async def decide(call: Call, form: DecisionIn) -> Go:
    """Decide the interview by the rule, or propose otherwise."""
    found = await api.decide_interview(call, form)
    waits = any(one.ended_at is None and one.proposed == form.decision and one.outcome is None for one in found.interviews)
    said = N_("This is against the rule: it holds once a second curator decides the same.")
    return Go(_to(call), said if waits else N_("Decided. The candidate reads your reason."))


async def waiting(me: UUID) -> int:
    """How many candidacies wait for a curator."""
    return int(await db.scalar(COUNT, me))


READ, ACT = policy.CANDIDACIES_READ, policy.CANDIDACIES
VIEWS = (
    View("GET", LIST, candidacies_page, READ, N_("Applications"), "cand_list.html", query=CandidacyQuery),
    View("GET", f"{LIST}/figures", figures_page, READ, N_("The way in by stage"), "cand_figures.html", query=FiguresQuery),
    View("GET", ONE, candidacy_page, READ, N_("Candidate"), "cand_one.html"),
    View("POST", f"{ONE}/screening", screen, ACT, form=DecisionIn, again=ONE),
    View("GET", f"{ONE}/extension", candidacy_page, ACT, N_("Give more time"), "cand_extend.html"),
    View("POST", f"{ONE}/extension", extend, ACT, form=ExtensionIn, again=f"{ONE}/extension"),
    View("POST", f"{ONE}/interview-slots", propose, ACT, form=SlotsForm, again=ONE),
    View("POST", f"{ONE}/reviewers", ask, ACT, form=ReviewerIn, again=ONE),
    View("POST", f"{ONE}/interview-decision", decide, ACT, form=DecisionIn, again=ONE),
)
MENU = (Entry(N_("People"), N_("Applications"), LIST, READ, badge=waiting),)
