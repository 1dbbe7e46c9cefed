"""Indexes that hold what reports sum."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Indexes that hold what reports sum."""

    dependencies = [("quality", "0011_said")]
    operations = [ops.RunSQL(sql_file(__file__, "summed.sql"))]
