"""Reopened tickets and ticket budgets."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Reopenings, budgets of tickets and what they have committed themselves to."""

    dependencies = [("tasks", "0004_appealable")]
    operations = [ops.RunSQL(sql_file(__file__, "reopening.sql"))]
