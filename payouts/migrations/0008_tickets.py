"""What tickets and projects cost."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """The ledger by project and day; needs reopenings and budgets of tickets."""

    dependencies = [("payouts", "0007_deductions"), ("tasks", "0005_reopening")]
    operations = [ops.RunSQL(sql_file(__file__, "tickets.sql"))]
