"""Where people are in their courses: every unit and item of it, from the tries that are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.training.definition import AnyUnit, CourseSpec, Lesson, Trial, items_of, read_course

NEWEST = """
SELECT e.*, c.spec, c.version, c.project_id FROM enrolment e JOIN course c ON c.id = e.course_id
WHERE e.freelancer_id = $1 AND e.course_code = $2 ORDER BY e.id DESC LIMIT 1
"""
HOLD = "FOR UPDATE OF e"
"""What a person does in a course happens in order."""
ONE = "SELECT e.*, c.spec, c.version, c.project_id FROM enrolment e JOIN course c ON c.id = e.course_id WHERE e.id = $1 FOR UPDATE OF e"
TRIES = """
SELECT a.id, a.enrolment_id, a.unit, a.item, a.try, a.body, coalesce(a.correct, k.accepted) AS correct, a.correct IS NULL AS words,
       a.answered_at, a.check_by, k.feedback, k.checked_at
FROM training_answer a LEFT JOIN training_check k ON k.answer_id = a.id WHERE a.enrolment_id = ANY ($1)
ORDER BY a.enrolment_id, a.unit, a.item, a.try
"""
DONE = "SELECT enrolment_id, unit, first_tries, first_right, carried, done_at FROM unit_done WHERE enrolment_id = ANY ($1)"
LISTED = """
SELECT e.*, c.spec, c.version, c.project_id, f.name, m.mentor_id, t.name AS mentor_name
FROM enrolment e JOIN course c ON c.id = e.course_id JOIN account f ON f.id = e.freelancer_id
LEFT JOIN mentorship m ON m.freelancer_id = e.freelancer_id AND m.ends_at IS NULL LEFT JOIN account t ON t.id = m.mentor_id
WHERE ($1::uuid IS NULL OR e.freelancer_id = $1) AND ($2::text IS NULL OR e.course_code = $2) AND ($3::uuid IS NULL OR m.mentor_id = $3)
  AND e.id < $4
ORDER BY e.id DESC LIMIT $5
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A person's way through a version of a course."""

    row: Row
    spec: CourseSpec

    @property
    def id(self) -> UUID:
        """Its id."""
        found: UUID = self.row["id"]
        return found

    @property
    def person(self) -> UUID:
        """Whose it is."""
        found: UUID = self.row["freelancer_id"]
        return found

    @property
    def code(self) -> str:
        """The course's code."""
        return str(self.row["course_code"])


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """Where a person is with an item. open: not answered · again: the last try was wrong · waiting: for a check · right · wrong: for good."""

    number: int
    state: Literal["open", "again", "waiting", "right", "wrong"]
    tries: Sequence[Row]

    @property
    def first_right(self) -> bool | None:
        """Whether the first try was right by the key; None: it was not answered, or no key decides."""
        return None if not self.tries or self.tries[0]["words"] else bool(self.tries[0]["correct"])


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """Where a person is with a unit. waiting: nothing to answer until homework is checked."""

    unit: AnyUnit
    state: Literal["locked", "open", "waiting", "done"]
    items: Sequence[ItemStanding]
    first_tries: int
    first_right: int
    done: Row | None

    @property
    def answered(self) -> bool:
        """All items are right."""
        return all(item.state == "right" for item in self.items)

    @property
    def to_answer(self) -> list[int]:
        """The numbers of the items that can be answered now: homework in any order, tasks one after the other."""
        if self.state != "open":
            return []
        left = [item.number for item in self.items if item.state in ("open", "again")]
        return left if isinstance(self.unit, Lesson) else left[:1]


async def newest(person: UUID, code: str, *, hold: bool = False) -> Enrolment | None:
    """A person's last enrolment in a course, held if asked for."""
    row = await db.row(f"{NEWEST} {HOLD if hold else ''}", person, code)
    return None if row is None else Enrolment(row, read_course(row["spec"]))


async def mine(person: UUID, code: str, *, hold: bool = False) -> Enrolment:
    """The same; NotFound if there is none."""
    found = await newest(person, code, hold=hold)
    if found is None:
        raise NotFound
    return found


async def held(enrolment_id: UUID) -> Enrolment:
    """An enrolment that is there, held."""
    row = await db.row(ONE, enrolment_id)
    assert row is not None
    return Enrolment(row, read_course(row["spec"]))


async def listed(
    *, person: UUID | None = None, code: str | None = None, mentor: UUID | None = None, before: UUID, limit: int
) -> list[Enrolment]:
    """Enrolments, newest first, with names: of a person, in a course, of whom somebody mentors."""
    found = await db.rows(LISTED, person, code, mentor, before, limit)
    return [Enrolment(row, read_course(row["spec"])) for row in found]


async def standings(enrolments: Sequence[Enrolment]) -> dict[UUID, list[UnitStanding]]:
    """Where people are in each unit, by enrolment."""
    ids = [one.id for one in enrolments]
    tries: dict[UUID, dict[str, list[Row]]] = {}
    for row in await db.rows(TRIES, ids):
        tries.setdefault(row["enrolment_id"], {}).setdefault(row["unit"], []).append(row)
    done: dict[UUID, dict[str, Row]] = {}
    for row in await db.rows(DONE, ids):
        done.setdefault(row["enrolment_id"], {})[row["unit"]] = row
    return {
        one.id: look(one.spec, one.row["trial_order"], one.row["ended_at"] is None, done.get(one.id, {}), tries.get(one.id, {}))
        for one in enrolments
    }


def look(
    spec: CourseSpec, order: Sequence[int], under_way: bool, done: Mapping[str, Row], tries: Mapping[str, Sequence[Row]]
) -> list[UnitStanding]:
    """The same from what is stored of one enrolment. Of the units that are not done the first is open, while it is under way."""
    found: list[UnitStanding] = []
    opens = under_way
    for unit in spec.units:
        given: dict[int, list[Row]] = {}
        for row in tries.get(unit.key, ()):
            given.setdefault(row["item"], []).append(row)
        is_trial = isinstance(unit, Trial)
        numbers = order if is_trial else range(1, len(items_of(unit)) + 1)
        items = [_item(number, given.get(number, ()), last=is_trial) for number in numbers]
        finished = done.get(unit.key)
        state: Literal["locked", "open", "waiting", "done"] = "done" if finished is not None else "open" if opens else "locked"
        if state == "open" and not any(item.state in ("open", "again") for item in items):
            state = "waiting"
        first = [item.first_right for item in items if item.first_right is not None]
        counted, right = (len(first), sum(first)) if finished is None else (finished["first_tries"], finished["first_right"])
        found.append(UnitStanding(unit, state, items, counted, right, finished))
        opens = opens and finished is not None
    return found


def _item(number: int, tries: Sequence[Row], *, last: bool) -> ItemStanding:
    if not tries:
        return ItemStanding(number, "open", tries)
    match tries[-1]["correct"]:
        case None:
            return ItemStanding(number, "waiting", tries)
        case True:
            return ItemStanding(number, "right", tries)
        case _:
            return ItemStanding(number, "wrong" if last else "again", tries)
