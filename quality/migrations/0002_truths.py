"""Known truths with their history, and all that follows from them."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Truths, golden lives, evidence told anew, standings, audits, appeals, suspicions, batch estimates."""

    dependencies = [("quality", "0001_initial"), ("tasks", "0002_decisions")]
    operations = [ops.RunSQL(sql_file(__file__, "truths.sql"))]
