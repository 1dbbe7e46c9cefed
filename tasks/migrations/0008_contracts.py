"""Contracts: offers, acceptance, leave, ends."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Contracts: offers, acceptance, leave, ends."""

    dependencies = [("tasks", "0007_measures")]
    operations = [ops.RunSQL(sql_file(__file__, "contracts.sql"))]
