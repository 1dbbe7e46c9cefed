"""Exams: their rules, an attempt with its clock, answers that are kept as they are given, results."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from pydantic import Field, StringConstraints

from piecework.platform import db
from piecework.platform.errors import Invalid, Problem
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.said import Said
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import own_exams as api
from piecework.quality.exams import attempts
from piecework.quality.exams.questions import GoldenQuestion, Question, read_question
from piecework.tasks.fields import Answer
from piecework.tasks.pages import asked

EXAMS = "/me/exams"
ATTEMPT = f"{EXAMS}/attempts/{{attempt_id}}"
OPTION = re.compile("[0-9]{1,4}")
"""The number of one."""


class Unfinished(Problem):
    """What was given for some questions is not a whole answer."""

    code = "questions_unfinished"
    status = 422
    title = "Some answers are not complete yet."


Texts = list[Annotated[str, StringConstraints(max_length=20_000)]]


class AnswersForm(Shape):
    """All answers of an attempt: question -> field -> values; and whether it is to end with them."""

    q: Annotated[dict[str, dict[str, Texts]], Field(default_factory=dict, max_length=200)]
    finish: bool = False


async def exams_page(call: Call, query: PageQuery | None = None) -> Shown:
    """The exams that can be sat, and my attempts."""
    exams, mine = await api.my_exams(call), await api.my_attempts(call, query or PageQuery())
    return {
        "exams": sorted(exams.items, key=lambda one: not one.for_me),
        "mine": mine,
        "titles": {one.code: one.title for one in exams.items},
    }


async def begin(call: Call) -> Go:
    """Begin an attempt: its clock runs from now on."""
    made = await api.begin_attempt(call)
    return Go(f"{EXAMS}/attempts/{made.attempt_id}")


async def attempt_page(call: Call) -> Shown:
    """My attempt with its questions and the answers that are kept, until it ends."""
    found = await attempts.running(call.principal.account_id, call.id("attempt_id"))
    rows = []
    for row in found.questions:
        question = read_question(row["content"])
        rows.append(
            {
                "n": row["n"],
                "points": row["points"],
                "shown": question.shown,
                "fields": question.step.answer if isinstance(question, GoldenQuestion) else None,
                "saved_at": row["saved_at"],
                "given": _typed(None if row["body"] is None else orjson.loads(row["body"])),
            }
        )
    return {"attempt": found.row, "spec": found.spec, "rows": rows, "few": asked.FEW}


async def keep(call: Call, form: AnswersForm) -> Go:
    """Keep the answers that changed; with `finish`, end the attempt.

    Raises:
        Unfinished: what is given for some questions is not a whole answer. All others are kept; the attempt goes on.
    """
    me, attempt_id = call.principal.account_id, call.id("attempt_id")
    unfinished: list[int] = []
    async with db.transaction():
        found = await attempts.running(me, attempt_id)
        for row in found.questions:
            body = _body(read_question(row["content"]), form.q.get(str(row["n"]), {}), kept=row["body"] is not None)
            if body is not None and (row["body"] is None or orjson.loads(row["body"]) != body):
                try:
                    await attempts.save(me, attempt_id, row["n"], body)
                except Invalid:  # nothing was sent to the database yet
                    unfinished.append(row["n"])
        if form.finish and not unfinished:
            await attempts.finish(me, attempt_id)
    if unfinished:
        raise Unfinished(Said("Questions: %(numbers)s. All other answers are kept.", numbers=", ".join(map(str, unfinished))))
    if form.finish:
        return Go(EXAMS, N_("Your attempt is handed in. The result stands here as soon as it is known."))
    return Go(f"{EXAMS}/attempts/{attempt_id}", N_("Your answers are kept."))


def _body(question: Question, given: Mapping[str, Sequence[str]], *, kept: bool) -> Answer | None:
    """What a form holds for a question, as its answer; None if nothing was given. A text that was kept before may be emptied."""
    if isinstance(question, GoldenQuestion):
        touched = any(text.strip() for texts in given.values() for text in texts)
        return asked.answer(question.step.answer, given) if touched else None
    if "chosen" in given:
        return {"chosen": [int(one) for one in given["chosen"] if OPTION.fullmatch(one)]}
    if "choice" in given:
        return {"choice": next((int(one) for one in given["choice"] if OPTION.fullmatch(one)), None)}
    text = next((one for one in given.get("text", ()) if one.strip()), None)
    if text is None:
        return {"text": ""} if kept and "text" in given else None
    return {"text": text}


def _typed(body: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """An answer that was kept, as a form has it."""
    found = {}
    for name, value in (body or {}).items():
        values = value if isinstance(value, list) else [value]
        found[name] = [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
    return found


VIEWS = (
    View("GET", EXAMS, exams_page, policy.EXAMS_SIT, N_("Exams"), "way_exams.html", query=PageQuery),
    View("POST", f"{EXAMS}/{{code}}/begin", begin, policy.EXAMS_SIT, again=EXAMS),
    View("GET", ATTEMPT, attempt_page, policy.EXAMS_SIT, N_("Exam"), "way_attempt.html"),
    View("POST", ATTEMPT, keep, policy.EXAMS_SIT, form=AnswersForm, again=ATTEMPT, transaction=False),
)
MENU = (Entry(N_("Way in"), N_("Exams"), EXAMS, policy.EXAMS_SIT),)
