"""Shares of answers, decisions made anew, pay held back."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """The pay of a share, the entry kind `reopen`, held lines of payouts."""

    dependencies = [("payouts", "0001_initial"), ("tasks", "0002_decisions")]
    operations = [ops.RunSQL(sql_file(__file__, "shares.sql"))]
