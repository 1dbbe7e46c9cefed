"""What an hour of each step is expected to earn under a price list, and where that is less than finance's floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from piecework.payouts.tariffs.prices import OwnPrice, Place, Rates, named_places
from piecework.platform import db
from piecework.tasks import pace


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a step takes: the median in milliseconds (None while too few answers are known), and of how many answers."""

    median_ms: int | None
    answers: int


@dataclass(frozen=True, slots=True)
class Hourly:
    """A price with what an hour of it is expected to earn (None while the step's pace is not known)."""

    place: Place
    price: int
    per_hour: int | None
    below_floor: bool


UNKNOWN = Pace(None, 0)


async def paces(project_id: UUID) -> dict[str, Pace]:
    """The pace of each step of a project, by its key."""
    found = await db.rows("SELECT step_key, median_ms, answers FROM pace WHERE project_id = $1", project_id)
    return {row["step_key"]: Pace(row["median_ms"], row["answers"]) for row in found}


def hourly(rates: Rates, steps: Sequence[OwnPrice], known: Mapping[str, Pace], floor: int) -> list[Hourly]:
    """Every price of these steps with its expected hour. A floor of 0 is none; what is not known is not below it."""
    found = []
    for place, price in named_places(rates, steps):
        earns = pace.per_hour(price, known.get(place.step_key, UNKNOWN).median_ms)
        found.append(Hourly(place, price, earns, earns is not None and earns < floor))
    return found
