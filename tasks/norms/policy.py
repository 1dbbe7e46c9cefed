"""What holds for everybody's norms: versions, each set by a named curator or administrator, for the weeks that begin after it."""

from typing import Annotated

from pydantic import Field

from piecework.platform.web.operation import Shape

Hours = Annotated[int, Field(ge=0, le=24)]
Few = Annotated[int, Field(ge=0, le=100)]
Weeks = Annotated[int, Field(ge=1, le=52)]
Share = Annotated[int, Field(ge=0, le=2_000)]


class NormPolicy(Shape):
    """The settings of norms. The defaults count until a first version is set."""

    gap_daily_hours: Hours = 8
    """The most hours of a local day in which gaps, and outages at one's own pace, count."""
    free_returns: Few = 3
    """Tasks of a week that may be given back or left to expire before that makes gaps count for less."""
    second_chance: Share = 500
    """A week missed by less than this share of what it asked, in 1/10,000, right after two that were met, counts as met; 0: never."""
    propose_after: Weeks = 3
    """So many missed weeks make a case for a curator ..."""
    propose_within: Weeks = 8
    """... if they lie within so many weeks."""
