"""Tax tables, remittances, identities of payees, status checks and receipts of the self-employed."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """The tables of taxes and payees, with the first tax tables."""

    dependencies = [("payouts", "0005_rules")]
    operations = [ops.RunSQL(sql_file(__file__, "taxes.sql"))]
