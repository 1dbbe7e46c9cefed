"""The tables of tasks that are read and written as objects. The hot ones (slot, assignment, answer, workload) are SQL only.

The schema is in tasks/sql/schema.sql; a test holds models and schema together.
"""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from piecework.platform.ids import uuid7


class Channel(StrEnum):
    """Where a customer wrote or called."""

    PHONE = "phone"
    CHAT = "chat"
    EMAIL = "email"
    SOCIAL = "social"
    APP_REVIEW = "app_review"
    MESSENGER = "messenger"


class TicketState(StrEnum):
    """open: steps remain · resolved: every step that applies has its result · stuck: a person must decide how it goes on."""

    OPEN = "open"
    RESOLVED = "resolved"
    STUCK = "stuck"


class TaskState(StrEnum):
    """How far a task is.

    open: answers are wanted or being judged · disputed: they do not agree, a curator decides · resolved: has its result ·
    undecided: they did not agree and another step takes over.
    """

    OPEN = "open"
    DISPUTED = "disputed"
    RESOLVED = "resolved"
    UNDECIDED = "undecided"


class AssignmentState(StrEnum):
    """held -> submitted -> accepted | rejected; or held -> expired | released | skipped | escalated: it ends without an answer."""

    HELD = "held"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    RELEASED = "released"
    SKIPPED = "skipped"
    ESCALATED = "escalated"


class Project(Model):
    """A direction of work."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    code = fields.TextField()
    name = fields.TextField()
    currency = fields.TextField(default="RUB")
    sla_minutes = fields.IntField(default=1440)
    control_rate = fields.FloatField(default=0.1)
    state = fields.TextField(default="active")
    requester_id = fields.UUIDField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "project"
        app = "tasks"


class Workflow(Model):
    """One version of a project's graph of steps. Never edited: a change is a new version."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    project_id = fields.UUIDField()
    version = fields.IntField()
    spec: fields.JSONField[dict[str, object]] = fields.JSONField()
    state = fields.TextField(default="active")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "workflow"
        app = "tasks"


class Step(Model):
    """One step of one workflow version."""

    id = fields.BigIntField(primary_key=True, generated=True)
    workflow_id = fields.UUIDField()
    project_id = fields.UUIDField()
    key = fields.TextField()
    spec: fields.JSONField[dict[str, object]] = fields.JSONField()

    class Meta:
        """Table."""

        table = "step"
        app = "tasks"


class Ticket(Model):
    """A customer's request, with personal data masked."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    project_id = fields.UUIDField()
    workflow_id = fields.UUIDField()
    source = fields.TextField()
    external_id = fields.TextField()
    channel = fields.TextField()
    language = fields.TextField()
    subject = fields.TextField()
    text = fields.TextField()
    urgent = fields.BooleanField(default=False)
    received_at = fields.DatetimeField(auto_now_add=True)
    deadline_at = fields.DatetimeField()
    state = fields.TextField(default=TicketState.OPEN)
    result: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)
    resolved_at = fields.DatetimeField(null=True)

    class Meta:
        """Table."""

        table = "ticket"
        app = "tasks"


class Qualification(Model):
    """What a person is admitted to, at which level and line, for which languages (none: all), by whom and why."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    freelancer_id = fields.UUIDField()
    code = fields.TextField()
    level = fields.SmallIntField(default=1)
    line = fields.SmallIntField(default=1)
    languages = ArrayField(element_type="text", default=list)
    expires_at = fields.DatetimeField(null=True)
    granted_by = fields.UUIDField()
    reason = fields.TextField()
    granted_at = fields.DatetimeField(auto_now_add=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        """Table."""

        table = "qualification"
        app = "tasks"
