"""Operations of the way in: anybody reads about it and applies, candidates follow theirs, curators screen, interview and decide."""

from typing import Any

from piecework.platform import db
from piecework.platform.errors import NotFound, TooManyRequests
from piecework.platform.said import Said
from piecework.platform.web.operation import ANYONE, Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor
from piecework.quality import policy
from piecework.quality.admissions import (
    applying,
    candidacies,
    deciding,
    documents,
    errors,
    interviews,
    reading,
    way_in,
    words,
)
from piecework.quality.admissions.applying import Application
from piecework.quality.admissions.documents import Published
from piecework.quality.admissions.interviews import Score
from piecework.quality.errors import NotImpartial
from piecework.quality.schemas import admissions as s


async def apply(call: Call, body: s.ApplicationIn) -> s.Received:
    """Apply to a direction; an account is made with it. Nothing tells whether the e-mail has one already."""
    client = call.request.client
    await applying.count_attempt(body.email, client.host if client is not None else "")
    async with db.transaction():
        sign_in = await applying.apply(body.email, body.name, body.password, _application(body))
    return s.Received(sign_in=sign_in, words=str(Said(words.RECEIVED.text, sign_in=sign_in)))


async def apply_further(call: Call, body: s.FurtherApplicationIn) -> s.MyApplication:
    """Apply to a direction with the account that I have."""
    me = call.principal.account_id
    made = await applying.apply_further(me, _application(body))
    return s.MyApplication(**await reading.one_of_person(me, made))


def _application(body: s.FurtherApplicationIn) -> Application:
    return Application(body.direction, body.language, body.answers)


async def my_application(call: Call) -> s.MyApplications:
    """Where I am: the stage, what is asked next, every deadline, and every decision with its reasons."""
    return s.MyApplications(applications=[s.MyApplication(**one) for one in await reading.of_person(call.principal.account_id)])


async def choose_slot(call: Call, body: s.SlotChoice) -> s.MyApplication:
    """Choose one of the times proposed for my interview."""
    await interviews.choose(call.principal.account_id, call.id("candidacy_id"), body.slot_id)
    return await _mine(call)


async def refuse_slots(call: Call, body: s.WhyIn) -> s.MyApplication:
    """None of the times proposed for my interview suits me."""
    await interviews.refuse_slots(call.principal.account_id, call.id("candidacy_id"), body.reason)
    return await _mine(call)


async def withdraw_application(call: Call, body: s.WhyIn) -> s.MyApplication:
    """I do not want to go on."""
    await applying.withdraw(call.principal.account_id, call.id("candidacy_id"), body.reason)
    return await _mine(call)


async def _mine(call: Call) -> s.MyApplication:
    return s.MyApplication(**await reading.one_of_person(call.principal.account_id, call.id("candidacy_id")))


async def list_directions(_call: Call) -> s.Directions:
    """Directions that take applications."""
    return s.Directions(directions=[s.DirectionOut(**one) for one in await way_in.directions()])


async def show_way_in(call: Call) -> s.WayInOut:
    """Stages, deadlines, exams with their thresholds, criteria and form: what to know before applying."""
    shown = await way_in.page(call.request.path_params["code"])
    exams = [s.WayInExam(**one) for one in shown["exams"]]
    interview = shown["interview"] | {"groups": [s.WayInGroup(**one) for one in shown["interview"]["groups"]]}
    return s.WayInOut(
        **shown
        | {
            "exams": exams,
            "interview": s.WayInInterview(**interview),
            "stages": [s.WayInStage(**one) for one in shown["stages"]],
            "criteria": [s.WayInCriteria(**one) for one in shown["criteria"]],
        }
    )


async def list_candidacies(_call: Call, query: s.CandidacyQuery) -> Page[s.CandidacyRow]:
    """Candidacies by deadline: the overdue first."""
    found = await reading.page(
        state=query.state,
        stage=query.stage,
        direction=query.direction,
        turn=query.turn,
        after=None if query.cursor is None else query.after(),
        limit=query.limit + 1,
    )
    items = [s.CandidacyRow(**row) for row in found[: query.limit]]
    return Page[s.CandidacyRow](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_candidacy(call: Call) -> s.CandidacyOut:
    """A candidacy with everything known of it; scores once all wanted reviews are in."""
    return await _candidacy(call)


async def _candidacy(call: Call) -> s.CandidacyOut:
    return s.CandidacyOut(**await reading.show(call.id("candidacy_id")))


async def candidacy_figures(_call: Call, query: s.FiguresQuery) -> s.Figures:
    """Per stage: who came and how it ended, how long it took, who is overdue."""
    return s.Figures(stages=[s.StageFigures(**row) for row in await reading.figures(query.direction, query.days)])


async def screen_application(call: Call, body: s.DecisionIn) -> s.CandidacyOut:
    """Accept or refuse an application, with reasons."""
    await applying.screen(
        call.principal.account_id, call.id("candidacy_id"), accept=body.decision == "accept", reason=body.reason
    )
    return await _candidacy(call)


async def extend_candidacy(call: Call, body: s.ExtensionIn) -> s.CandidacyOut:
    """Give whoever's turn it is more time."""
    actor = call.principal.account_id
    held = await candidacies.hold_others(actor, call.id("candidacy_id"))
    await candidacies.extend(held, body.days, body.reason, actor)
    return await _candidacy(call)


async def propose_slots(call: Call, body: s.SlotsIn) -> s.CandidacyOut:
    """Propose times for an interview."""
    await interviews.propose(call.principal.account_id, call.id("candidacy_id"), body.starts, body.minutes, body.place)
    return await _candidacy(call)


async def ask_reviewer(call: Call, body: s.ReviewerIn) -> s.ReviewAsked:
    """Ask a curator (or myself) to review an interview."""
    made = await interviews.ask(call.principal.account_id, call.id("candidacy_id"), body.reviewer_id)
    return s.ReviewAsked(review_id=made)


async def decide_interview(call: Call, body: s.DecisionIn) -> s.CandidacyOut:
    """Decide an interview by the rule, or propose otherwise; a second curator's same decision confirms that."""
    await deciding.decide(
        call.principal.account_id, call.id("candidacy_id"), accept=body.decision == "accept", reason=body.reason
    )
    return await _candidacy(call)


async def my_interview_reviews(call: Call, query: PageQuery) -> Page[s.MyReviewRow]:
    """Interviews that I am asked to review, newest first."""
    found = await reading.my_reviews(call.principal.account_id, query.after(LAST), query.limit + 1)
    items = [s.MyReviewRow(**row) for row in found[: query.limit]]
    return Page[s.MyReviewRow](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_interview_review(call: Call) -> s.MyReview:
    """An interview that I am asked to review: the guide and the application."""
    return await _review(call)


async def _review(call: Call) -> s.MyReview:
    return s.MyReview(**await reading.my_review(call.principal.account_id, call.id("review_id")))


async def score_interview(call: Call, body: s.ScoresIn) -> s.MyReview:
    """Hand in my scores, all questions at once; nobody sees them before all wanted reviews are in."""
    scores = [Score(one.question, one.score, one.note) for one in body.scores]
    await interviews.score(call.principal.account_id, call.id("review_id"), scores, body.comment)
    return await _review(call)


async def decline_review(call: Call, body: s.WhyIn) -> s.MyReview:
    """Give my seat back: I know the candidate, say."""
    await interviews.decline(call.principal.account_id, call.id("review_id"), body.reason)
    return await _review(call)


async def publish_admission_document(call: Call, body: s.DocumentIn) -> s.DocumentOut:
    """Publish the next version of a form, an interview guide or a way in."""
    return _document(await documents.publish(call.principal.account_id, body.direction, body.document, body.reason))


async def list_admission_documents(_call: Call, query: s.DocumentQuery) -> Page[s.DocumentOut]:
    """Published versions, newest first; those that ship are listed once they have been used."""
    found = await documents.versions(query.kind, query.direction, query.after(LAST), query.limit + 1)
    items = [_document(one) for one in found[: query.limit]]
    return Page[s.DocumentOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


def _document(one: Published) -> s.DocumentOut:
    fields: dict[str, Any] = {name: getattr(one, name) for name in s.DocumentOut.model_fields if name != "document"}
    return s.DocumentOut(**fields, document=one.spec)


ENDED = (NotFound, errors.CandidacyEnded, errors.OtherStage)
OPERATIONS = (
    Operation("GET", "/directions", list_directions, ANYONE, "Directions that take applications", reply=s.Directions, tag="quality"),
    Operation("GET", "/directions/{code}/way-in", show_way_in, ANYONE, "The way into a direction", reply=s.WayInOut, tag="quality"),
    Operation("POST", "/applications", apply, ANYONE, "Apply, and get an account", body=s.ApplicationIn, reply=s.Received, status=202,
              errors=(NotFound, TooManyRequests), transaction=False, body_limit_bytes=256 * 1024, tag="quality"),
    Operation("GET", "/me/application", my_application, policy.OWN_CANDIDACY, "Where I am on my way in", reply=s.MyApplications, tag="quality"),
    Operation("POST", "/me/applications", apply_further, policy.OWN_CANDIDACY, "Apply to a further direction", body=s.FurtherApplicationIn,
              reply=s.MyApplication, status=201, errors=(NotFound, errors.AppliedBefore, errors.AppliedLately), tag="quality"),
    Operation("POST", "/me/applications/{candidacy_id}/interview-slot", choose_slot, policy.OWN_CANDIDACY, "Choose a time for my interview",
              body=s.SlotChoice, reply=s.MyApplication, errors=(*ENDED, errors.SlotOver), tag="quality"),
    Operation("POST", "/me/applications/{candidacy_id}/other-slots", refuse_slots, policy.OWN_CANDIDACY, "None of the times suits me",
              body=s.WhyIn, reply=s.MyApplication, errors=(*ENDED, errors.SlotOver), tag="quality"),
    Operation("POST", "/me/applications/{candidacy_id}/withdrawal", withdraw_application, policy.OWN_CANDIDACY, "Withdraw my application",
              body=s.WhyIn, reply=s.MyApplication, errors=ENDED, tag="quality"),
    Operation("GET", "/candidacies", list_candidacies, policy.CANDIDACIES_READ, "Candidacies, the overdue first", query=s.CandidacyQuery,
              reply=Page[s.CandidacyRow], tag="quality"),
    Operation("GET", "/candidacy-figures", candidacy_figures, policy.CANDIDACIES_READ, "Time and outcomes by stage", query=s.FiguresQuery,
              reply=s.Figures, tag="quality"),
    Operation("GET", "/candidacies/{candidacy_id}", show_candidacy, policy.CANDIDACIES_READ, "A candidacy with all that is known",
              reply=s.CandidacyOut, tag="quality"),
    Operation("POST", "/candidacies/{candidacy_id}/screening", screen_application, policy.CANDIDACIES, "Accept or refuse an application",
              body=s.DecisionIn, reply=s.CandidacyOut, errors=(*ENDED, NotImpartial), tag="quality"),
    Operation("POST", "/candidacies/{candidacy_id}/extension", extend_candidacy, policy.CANDIDACIES, "Give more time", body=s.ExtensionIn,
              reply=s.CandidacyOut, errors=(*ENDED, NotImpartial), tag="quality"),
    Operation("POST", "/candidacies/{candidacy_id}/interview-slots", propose_slots, policy.CANDIDACIES, "Propose times for an interview",
              body=s.SlotsIn, reply=s.CandidacyOut, errors=(*ENDED, NotImpartial, errors.InterviewScored), tag="quality"),
    Operation("POST", "/candidacies/{candidacy_id}/reviewers", ask_reviewer, policy.CANDIDACIES, "Ask for a review of an interview",
              body=s.ReviewerIn, reply=s.ReviewAsked, status=201,
              errors=(*ENDED, NotImpartial, errors.NotAReviewer, errors.ReviewerAsked, errors.SeatsTaken), tag="quality"),
    Operation("POST", "/candidacies/{candidacy_id}/interview-decision", decide_interview, policy.CANDIDACIES, "Decide an interview",
              body=s.DecisionIn, reply=s.CandidacyOut,
              errors=(*ENDED, NotImpartial, errors.InterviewNotScored, errors.SecondCuratorNeeded), tag="quality"),
    Operation("GET", "/me/interview-reviews", my_interview_reviews, policy.CANDIDACIES, "Interviews that I review", query=PageQuery,
              reply=Page[s.MyReviewRow], tag="quality"),
    Operation("GET", "/interview-reviews/{review_id}", show_interview_review, policy.CANDIDACIES, "An interview that I review",
              reply=s.MyReview, tag="quality"),
    Operation("POST", "/interview-reviews/{review_id}/scores", score_interview, policy.CANDIDACIES, "Hand in my scores", body=s.ScoresIn,
              reply=s.MyReview, errors=(errors.ReviewEnded, errors.InterviewNotHeld), tag="quality"),
    Operation("POST", "/interview-reviews/{review_id}/decline", decline_review, policy.CANDIDACIES, "Decline a review", body=s.WhyIn,
              reply=s.MyReview, errors=(errors.ReviewEnded,), tag="quality"),
    Operation("POST", "/admission-documents", publish_admission_document, policy.CANDIDACIES, "Publish a form, a guide or a way in",
              body=s.DocumentIn, reply=s.DocumentOut, status=201, errors=(NotFound, errors.GeneralWayIn), tag="quality"),
    Operation("GET", "/admission-documents", list_admission_documents, policy.CANDIDACIES_READ, "Published forms, guides and ways in",
              query=s.DocumentQuery, reply=Page[s.DocumentOut], tag="quality"),
)  # fmt: skip
