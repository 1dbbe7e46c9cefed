"""Quality's tables as models. The schema is in quality/sql/schema.sql; a test holds the two together."""

from tortoise import fields
from tortoise.models import Model


class Golden(Model):
    """A control task's known answers."""

    task_id = fields.UUIDField(primary_key=True)
    step_id = fields.BigIntField()
    answers: fields.JSONField[list[dict[str, object]]] = fields.JSONField()
    fingerprint = fields.BinaryField()
    created_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "golden"
        app = "quality"
