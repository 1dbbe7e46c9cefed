"""The published figures."""

from piecework.platform.web.operation import SIGNED_IN, Call, Operation
from piecework.quality.reports import figures
from piecework.quality.schemas import figures as s


async def quality_figures(_call: Call) -> s.QualityFigures:
    """How many appeals are upheld, what audits find, and how many people are restricted."""
    return s.QualityFigures.model_validate(await figures.figures())


OPERATIONS = (
    Operation(
        "GET",
        "/quality/figures",
        quality_figures,
        SIGNED_IN,
        "How fairly people are judged",
        reply=s.QualityFigures,
        tag="quality",
    ),
)
