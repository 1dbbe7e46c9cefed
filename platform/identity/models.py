"""Accounts and API tokens as Tortoise models. The schema is in platform/sql/schema.sql; a test holds the two together."""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from piecework.platform.ids import uuid7


class Role(StrEnum):
    """What a person may be here. One account may have several roles."""

    APPLICANT = "applicant"
    FREELANCER = "freelancer"
    CURATOR = "curator"
    REQUESTER = "requester"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"


class Account(Model):
    """A person (or a helpdesk's robot) who can sign in."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    email = fields.TextField()
    name = fields.TextField()
    password_hash = fields.TextField(null=True)
    roles = ArrayField(element_type="text")
    state = fields.TextField(default="active")
    created_at = fields.DatetimeField(auto_now_add=True)
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        """Table."""

        table = "account"
        app = "platform"


class ApiToken(Model):
    """A bearer token, known by the SHA-256 of its secret."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    hash = fields.BinaryField()
    account_id = fields.UUIDField()
    name = fields.TextField()
    scopes = ArrayField(element_type="text")
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        """Table."""

        table = "api_token"
        app = "platform"
