"""Sums of what projects spend by day and of what waits in each period."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Sums of what projects spend by day and of what waits in each period."""

    dependencies = [("payouts", "0015_effects")]
    operations = [ops.RunSQL(sql_file(__file__, "sums.sql"))]
