"""What the detectors of cheating look at: the newest answers of each step, as arrays of codes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from piecework.platform import db
from piecework.quality.comparing.comparison import Label, classes, is_compared, labelled
from piecework.quality.grading import truths
from piecework.quality.people import accuracy
from piecework.quality.statistics import OPEN
from piecework.quality.statistics.copies import Text
from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.vote import Floats, Integers
from piecework.tasks.fields import Answer, AnswerField, FieldType
from piecework.tasks.workflows import StepSpec, read_step

MOST = 20_000
"""The most answers that one look reads, the newest of all steps together: it bounds time and memory."""

# By primary key, backwards: an id begins with its time. A person who holds several tasks works on one after another, so the time for
# an answer begins with the answer before it.
NEWEST = """
SELECT a.id, a.task_id, a.freelancer_id, a.step_id, n.body, t.input, t.result,
       extract(epoch FROM a.ended_at - greatest(a.claimed_at, lag(a.ended_at) OVER (PARTITION BY a.freelancer_id ORDER BY a.ended_at)))::float8
           AS seconds
FROM (SELECT * FROM assignment WHERE id >= $1 AND state IN ('submitted', 'accepted', 'rejected') ORDER BY id DESC LIMIT $2) a
JOIN answer n ON n.assignment_id = a.id JOIN task t ON t.id = a.task_id ORDER BY a.step_id, a.id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer."""

    assignment_id: UUID
    task_id: UUID
    person: int
    answer: Answer
    shown: str
    result: Answer | None
    known: Answer | None
    seconds: float


@dataclass(slots=True)
class Observed:
    """The answers of one step. `people` and `accuracy` are by the code of a person."""

    step_id: int
    step: StepSpec
    people: list[UUID] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    answers: list[Seen] = field(default_factory=list)

    def columns(self) -> tuple[Integers, Floats, Floats]:
        """Person, seconds and length of what was shown, of each answer."""
        return (
            np.array([one.person for one in self.answers], dtype=np.int64),
            np.array([one.seconds for one in self.answers], dtype=np.float64),
            np.array([len(one.shown) for one in self.answers], dtype=np.float64),
        )

    def texts(self) -> list[Text]:
        """The free texts."""
        names = [one.name for one in self.step.answer if one.type == FieldType.TEXT]
        return [
            Text(one.person, one.assignment_id, str(one.answer[name]), one.shown)
            for one in self.answers
            for name in names
            if one.answer.get(name)
        ]

    def compared(self) -> "Coded":
        """What was said in the compared fields, as codes; each field of a task is a question of its own."""
        fields = [one for one in self.step.answer if is_compared(one)]
        coded = Coded(classes=[classes(one) for one in fields])
        for number, one in enumerate(fields):
            self._code(coded, number, one)
        return coded

    def _code(self, coded: "Coded", number: int, asked: AnswerField) -> None:
        codes: dict[Label, int] = {name: code for code, name in enumerate(_options(asked))}
        questions: dict[UUID, int] = {}
        for one in self.answers:
            if asked.name not in one.answer:
                continue
            if one.task_id not in questions:
                questions[one.task_id] = len(coded.truth)
                coded.tasks.append(one.task_id)
                coded.step.append(number)
                coded.truth.append(_code_of(asked, one.known, codes))
                coded.result.append(_code_of(asked, one.known or one.result, codes))
            coded.question.append(questions[one.task_id])
            coded.person.append(one.person)
            coded.label.append(_code_of(asked, one.answer, codes))


@dataclass(slots=True)
class Coded:
    """Labels as codes from 0.

    `question`, `person` and `label` have an entry an answer; `tasks`, `step`, `truth` and `result` one a question: of which task, which
    field, what is known to be right, and what was found.
    """

    classes: list[int]
    question: list[int] = field(default_factory=list)
    person: list[int] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    tasks: list[UUID] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)
    result: list[int] = field(default_factory=list)


def _options(asked: AnswerField) -> Sequence[Label]:
    match asked.type:
        case FieldType.CHOICE:
            return [option.value for option in asked.options]
        case FieldType.YES_NO:
            return [False, True]
        case _:
            return []


def _code_of(asked: AnswerField, answer: Answer | None, codes: dict[Label, int]) -> int:
    if answer is None or asked.name not in answer:
        return UNKNOWN
    said = labelled(asked, answer[asked.name])
    return codes.setdefault(said, len(codes)) if classes(asked) == OPEN else codes.get(said, UNKNOWN)


async def newest(days: int) -> Iterator[Observed]:
    """The newest answers, `MOST` at most, of so many days: step by step."""
    since = await db.scalar("SELECT (extract(epoch FROM now() - $1::interval) * 1000)::bigint", timedelta(days=days))
    found = await db.rows(NEWEST, UUID(int=since << 80), MOST)
    known = {task_id: truth.known for task_id, truth in (await truths.now(sorted({row["task_id"] for row in found}))).items()}
    steps = sorted({row["step_id"] for row in found})
    specs = {row["id"]: read_step(row["spec"]) for row in await db.rows("SELECT id, spec FROM step WHERE id = ANY ($1)", steps)}
    trusts = await accuracy.trusts(sorted({row["freelancer_id"] for row in found}), specs)
    by_step: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        by_step[row["step_id"]].append(row)
    return (_observed(step_id, specs[step_id], rows, known, trusts) for step_id, rows in by_step.items())


def _observed(
    step_id: int,
    step: StepSpec,
    rows: Sequence[Mapping[str, Any]],
    known: Mapping[UUID, Sequence[truths.Known]],
    trusts: accuracy.Trusts,
) -> Observed:
    observed = Observed(step_id, step, people=sorted({row["freelancer_id"] for row in rows}))
    observed.accuracy = [trusts.vote(person, step_id, {}).accuracy for person in observed.people]
    code = {person: number for number, person in enumerate(observed.people)}
    for row in rows:
        acceptable = known.get(row["task_id"], ())
        shown = orjson.loads(row["input"])
        observed.answers.append(
            Seen(
                assignment_id=row["id"],
                task_id=row["task_id"],
                person=code[row["freelancer_id"]],
                answer=orjson.loads(row["body"]),
                shown=" ".join(value for value in shown.values() if isinstance(value, str)),
                result=orjson.loads(row["result"]) if row["result"] else None,
                known=acceptable[0].answer if len(acceptable) == 1 else None,
                seconds=max(row["seconds"], 0.0),
            )
        )
    return observed
