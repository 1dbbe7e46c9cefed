"""Quality's tables as models: those that are read as objects. The schema is in quality/sql; a test holds the two together."""

from tortoise import fields
from tortoise.models import Model


class Golden(Model):
    """A golden task's life; its known answers are in the table `truth`."""

    task_id = fields.UUIDField(primary_key=True)
    step_id = fields.BigIntField()
    fingerprint = fields.BinaryField()
    created_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    state = fields.TextField(default="live")
    stratum = fields.TextField(default="")
    difficulty = fields.TextField(default="medium")
    place = fields.BigIntField(default=0)
    changed_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "golden"
        app = "quality"
