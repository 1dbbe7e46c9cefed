"""Measures of people's work by spans of time; customers' satisfaction."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Measures and marks of customers, both append-only."""

    dependencies = [("tasks", "0006_pace")]
    operations = [ops.RunSQL(sql_file(__file__, "measures.sql"))]
