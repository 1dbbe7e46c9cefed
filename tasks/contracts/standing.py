"""Where everybody's contract stands: for those who make and end contracts."""

from typing import Any, Literal
from uuid import UUID

from piecework.platform import db

Stands = Literal["none", "offered", "in_force", "ending"]

# `ends_at`: an end that is announced and holds. `next_at`: the beginning of a version that is to come.
PAGE = """
SELECT s.* FROM (
    SELECT a.id AS freelancer_id, a.name, NOT 'freelancer' = ANY (a.roles) AS applicant, c.version, c.weekly_norm, c.weekly_cap, c.zone,
           c.starts_at AS since,
           (SELECT min(n.starts_at) FROM contract n WHERE n.freelancer_id = a.id AND n.starts_at > clock_timestamp()) AS next_at,
           (SELECT min(e.ends_at) FROM contract_end e
            WHERE e.freelancer_id = a.id AND e.version >= c.version AND e.ends_at > clock_timestamp()
              AND NOT EXISTS (SELECT FROM contract_end_undone u WHERE u.end_id = e.id)) AS ends_at,
           o.id AS offer_id, o.expires_at AS offer_expires_at
    FROM account a
    LEFT JOIN LATERAL contract_at(a.id, clock_timestamp()) c ON true
    LEFT JOIN LATERAL (SELECT o.id, o.expires_at FROM contract_offer o
                       WHERE o.freelancer_id = a.id AND o.expires_at > clock_timestamp()
                         AND NOT EXISTS (SELECT FROM contract_answer x WHERE x.offer_id = o.id)
                       ORDER BY o.id DESC LIMIT 1) o ON true
    WHERE a.roles && '{freelancer,applicant}' AND a.state = 'active' AND a.erased_at IS NULL AND a.id < $1
      AND ($2 = '' OR strpos(lower(a.name), lower($2)) > 0 OR a.email = lower($2))) s
WHERE CASE $3::text WHEN 'none' THEN s.version IS NULL AND s.next_at IS NULL AND s.offer_id IS NULL
                    WHEN 'offered' THEN s.offer_id IS NOT NULL
                    WHEN 'in_force' THEN s.version IS NOT NULL
                    WHEN 'ending' THEN s.ends_at IS NOT NULL
                    ELSE true END
ORDER BY s.freelancer_id DESC LIMIT $4"""


async def page(before: UUID, limit: int, *, words: str = "", state: Stands | None = None) -> list[dict[str, Any]]:
    """Active freelancers and applicants, newest account first, with the version in force, the open offer and the announced end.

    `words`: a part of the name, or the whole e-mail. `state` none: neither a contract nor an offer; the others may hold together.
    """
    return [dict(row) for row in await db.rows(PAGE, before, words, state, limit)]
