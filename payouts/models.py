"""Pay periods as a Tortoise model. The ledger itself is SQL only: it is written in batches and never changed.

The schema is in payouts/sql/schema.sql; a test holds models and schema together.
"""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from piecework.platform.ids import uuid7


class PeriodState(StrEnum):
    """open: takes entries · closing: seen only by the transaction that closes it · closed: its sums never change."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Period(Model):
    """A pay period of one currency, half-open. `total` and `entries` are stored when it closes."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    currency = fields.TextField(default="RUB")
    cadence = fields.TextField(default="weekly")
    name = fields.TextField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    zone = fields.TextField()
    state = fields.TextField(default=PeriodState.OPEN)
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)
    total = fields.BigIntField(null=True)
    entries = fields.BigIntField(null=True)

    class Meta:
        """Table."""

        table = "period"
        app = "payouts"
