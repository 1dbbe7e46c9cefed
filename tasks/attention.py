"""How often a person gets a control task in the place of an ordinary one, where that is not the step's own rate."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db


async def watch(rates: Sequence[tuple[UUID, int, float]]) -> None:
    """Set control rates (0..0.5) of people in steps; they hold from the next claim on."""
    if rates:
        ordered = sorted(rates)
        await db.execute(
            """INSERT INTO attention (freelancer_id, step_id, control_rate) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::real[])
               ON CONFLICT (freelancer_id, step_id) DO UPDATE SET control_rate = excluded.control_rate""",
            [person for person, _, _ in ordered],
            [step_id for _, step_id, _ in ordered],
            [min(rate, 0.5) for _, _, rate in ordered],
        )
