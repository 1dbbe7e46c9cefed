"""Requests about personal data."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Requests about personal data."""

    dependencies = [("platform", "0003_notices")]
    operations = [ops.RunSQL(sql_file(__file__, "personal.sql"))]
