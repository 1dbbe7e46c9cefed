"""A small general course in Russian and in English that comes with the product: service standard, personal data, style.

Its answers are published with the code; it teaches, and has no trial.
"""

from importlib import resources
from uuid import UUID

from piecework.platform.web.operation import Shape
from piecework.quality.training import publishing
from piecework.quality.training.definition import CourseSpec
from piecework.tasks.workflows import Code

LANGUAGES = ("ru", "en")


class ShippedCourse(Shape):
    """A course as it ships."""

    code: Code
    spec: CourseSpec


def load() -> list[ShippedCourse]:
    """The course in each of its languages."""
    folder = resources.files(__package__) / "data"
    return [
        ShippedCourse.model_validate_json((folder / f"general_{language}.json").read_text(encoding="utf-8"))
        for language in LANGUAGES
    ]


async def bring_in(actor: UUID) -> dict[str, int]:
    """Draft the shipped courses; returns their versions by code. Another curator publishes them."""
    return {one.code: await publishing.draft(actor, one.code, one.spec) for one in load()}
