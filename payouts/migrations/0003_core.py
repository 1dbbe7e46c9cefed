"""Cadences, holds, sums per person and period, statements, dues."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Pay policy and terms, periods of three cadences with names, new accounts and kinds of entries, statements and dues."""

    dependencies = [("payouts", "0002_shares"), ("tasks", "0003_rates")]
    operations = [ops.RunSQL(sql_file(__file__, "core.sql"))]
