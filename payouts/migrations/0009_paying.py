"""Payment details, payout runs, files for the bank, statements from the bank."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Details, payer, runs with lines that take dues, stored files, bank statements; payouts made before become runs."""

    dependencies = [("payouts", "0008_tickets")]
    operations = [ops.RunSQL(sql_file(__file__, "paying.sql"))]
