"""Shifts, supply by the hour, forecasts."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Shifts, supply by the hour, forecasts."""

    dependencies = [("tasks", "0010_norms")]
    operations = [ops.RunSQL(sql_file(__file__, "load.sql"))]
