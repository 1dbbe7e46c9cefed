"""Decisions about people that they may object to."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What may be objected to, whatever part decided it."""

    dependencies = [("tasks", "0003_rates")]
    operations = [ops.RunSQL(sql_file(__file__, "appealable.sql"))]
