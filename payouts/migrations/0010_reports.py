"""Exports of long reports."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Exports of reports and their bytes."""

    dependencies = [("payouts", "0009_paying")]
    operations = [ops.RunSQL(sql_file(__file__, "reports.sql"))]
