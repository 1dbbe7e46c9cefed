"""The first schema of the platform."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Roles, accounts, sessions, tokens, jobs, idempotency, audit trail."""

    initial = True
    operations = [ops.RunSQL(sql_file(__file__, "schema.sql"))]
