"""Policies tried on simulated people."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Policies tried on simulated people."""

    dependencies = [("quality", "0009_personal")]
    operations = [ops.RunSQL(sql_file(__file__, "trials.sql"))]
