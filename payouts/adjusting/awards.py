"""Awards as their people see them."""

from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db

OF = """
SELECT a.id, a.rule_code AS rule, r.version, r.title, r.words, a.span, a.currency, a.amount, a.evidence::text, a.made_at
FROM award a JOIN pay_rule r ON r.id = a.rule_id WHERE a.freelancer_id = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3
"""


async def page(freelancer_id: UUID, before: UUID, limit: int) -> list[dict[str, Any]]:
    """A person's awards, newest first, with the rule's words and all that the amount follows from."""
    return [{**row, "evidence": orjson.loads(row["evidence"])} for row in await db.rows(OF, freelancer_id, before, limit)]
