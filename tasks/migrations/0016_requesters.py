"""Workflows while they are written, and files of tickets while they are taken in."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Workflows while they are written, and files of tickets while they are taken in."""

    dependencies = [("tasks", "0015_reviews")]
    operations = [ops.RunSQL(sql_file(__file__, "requesters.sql"))]
