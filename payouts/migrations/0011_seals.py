"""Sealing of the ledger."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Blocks of sealed entries, and the order in which they are sealed."""

    dependencies = [("payouts", "0010_reports")]
    operations = [ops.RunSQL(sql_file(__file__, "seals.sql"))]
