"""Cases of suspected cheating: the evidence drawn, and a person's decision."""

import math
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from piecework.platform import db
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.api import cases as api
from piecework.quality.comparing.comparison import classes, is_compared
from piecework.quality.pages.pieces import fitted, names
from piecework.quality.schemas.cases import CaseDecisionIn, CaseOut, CaseQuery
from piecework.quality.statistics import OPEN
from piecework.tasks.workflows import read_step

RADIUS, CENTRE = 130, 200


class DecisionForm(Shape):
    """A decision on a case."""

    decision: Literal["confirm", "dismiss"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A person in the drawing of a ring."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Edge:
    """Two people who are alike; the stronger the evidence, the wider."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    words: str


async def cases_page(call: Call, query: CaseQuery) -> Shown:
    """Suspicions, newest first."""
    found = await api.list_cases(call, query)
    people = await names(person for one in found.items for person in one.people)
    return {"found": found, "query": query, "names": people}


async def case_page(call: Call) -> Shown:
    """A case with its evidence."""
    found = await api.show_case(call)
    people = await names([*found.people, found.decided_by])
    return {
        "charts": charts,
        "found": found,
        "names": people,
        "net": net(found, people) if found.kind in ("pairs", "links") else None,
        "options": await options(found) if found.kind == "flat" else [],
    }


async def options(found: CaseOut) -> list[str]:
    """The titles of the options that the counts of a case of flat answers are about."""
    text = await db.scalar("SELECT spec FROM step WHERE id = $1", int(found.step_id)) if found.step_id else None
    size = len(found.evidence.get("counts", []))
    fields = [] if text is None else [one for one in read_step(text).answer if is_compared(one) and classes(one) != OPEN]
    field = next((one for one in fields if len(one.options or "no") == size), None)
    return [one.title for one in field.options] if field and field.options else [str(place) for place in range(1, size + 1)]


def net(found: CaseOut, people: dict[UUID, str]) -> dict[str, Any]:
    """The people of a case on a circle, and what ties them."""
    at = {
        str(person): Node(
            round(CENTRE + RADIUS * math.cos(2 * math.pi * place / len(found.people)), 1),
            round(CENTRE * 0.85 + RADIUS * math.sin(2 * math.pi * place / len(found.people)), 1),
            people.get(person, "—"),
        )
        for place, person in enumerate(found.people)
    }
    if found.kind == "pairs":
        ties = [(str(one), str(other), float(ratio)) for one, other, ratio in found.evidence["pairs"]]
    else:
        ties = [
            (str(one), str(other), 1.0)
            for print_ in found.evidence["fingerprints"]
            for place, one in enumerate(print_["accounts"])
            for other in print_["accounts"][place + 1 :]
        ]
    edges = [
        Edge(at[one].x, at[one].y, at[other].x, at[other].y, min(8.0, 1 + ratio / 2), f"{at[one].name} – {at[other].name}")
        for one, other, ratio in ties
        if one in at and other in at
    ]
    return {"nodes": list(at.values()), "edges": edges, "ties": ties}


async def decide(call: Call, form: DecisionForm) -> Go:
    """Confirm or dismiss a case."""
    await api.decide_case(call, fitted(CaseDecisionIn, decision=form.decision, reason=form.reason.strip()))
    return Go(f"/cases/{call.id('case_id')}", N_("The case is decided."))


VIEWS = (
    View("GET", "/cases", cases_page, policy.CASES, N_("Cases"), "cases.html", query=CaseQuery),
    View("GET", "/cases/{case_id}", case_page, policy.CASES, N_("Case"), "case.html"),
    View("POST", "/cases/{case_id}", decide, policy.CASES, form=DecisionForm, again="/cases/{case_id}"),
)
