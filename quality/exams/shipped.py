"""A small general exam in Russian that comes with the product: an example to begin with.

Its keys are published with the code, so an installation that is in earnest writes questions of its own.
"""

from importlib import resources
from uuid import UUID

from pydantic import Field

from piecework.platform.web.operation import Shape
from piecework.quality.exams import pools, publishing
from piecework.quality.exams.definition import ExamSpec, Level
from piecework.quality.exams.questions import Imported
from piecework.quality.golden.golden import Difficulty
from piecework.tasks.workflows import Code


class ShippedQuestion(Shape):
    """A question with its difficulty."""

    question: Imported
    difficulty: Level = Difficulty.MEDIUM


class Shipped(Shape):
    """An exam with the questions of its pools."""

    code: Code
    spec: ExamSpec
    pools: dict[Code, list[ShippedQuestion]] = Field(min_length=1)


def load() -> Shipped:
    """The exam as it ships."""
    text = (resources.files(__package__) / "data" / "russian_general.json").read_text(encoding="utf-8")
    return Shipped.model_validate_json(text)


async def bring_in(actor: UUID) -> tuple[str, int, dict[str, list[UUID]]]:
    """Draft the shipped exam and put its questions into their pools; returns the code, the version, and the new questions by pool.

    Another curator approves the questions and publishes the exam. Questions that are there already are not brought in again.
    """
    shipped = load()
    new = {
        pool: await pools.bring_in(actor, pool, [(one.question, one.difficulty) for one in listed])
        for pool, listed in shipped.pools.items()
    }
    return shipped.code, await publishing.draft(actor, shipped.code, shipped.spec), new
