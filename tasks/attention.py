"""What hand-out heeds of a person in a step: how often they get a control task, and whether their answers are known to be good."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db


async def watch(people: Sequence[tuple[UUID, int, float, bool]]) -> None:
    """Set control rates (0..0.5) and trust of people in steps, each (person, step, rate, trusted); holds from the next claim on."""
    if people:
        ordered = sorted(people)
        await db.execute(
            """INSERT INTO attention (freelancer_id, step_id, control_rate, trusted)
               SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::real[], $4::boolean[])
               ON CONFLICT (freelancer_id, step_id) DO UPDATE SET control_rate = excluded.control_rate, trusted = excluded.trusted""",
            [person for person, _, _, _ in ordered],
            [step_id for _, step_id, _, _ in ordered],
            [min(rate, 0.5) for _, _, rate, _ in ordered],
            [trusted for _, _, _, trusted in ordered],
        )
