"""Tariffs: versions of price lists, drafted and approved by different people."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Tariffs and their prices."""

    dependencies = [("payouts", "0003_core")]
    operations = [ops.RunSQL(sql_file(__file__, "tariffs.sql"))]
