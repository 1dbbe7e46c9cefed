"""Price lists in force and the terms of a claim."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Price lists, the queue's step key, terms frozen at the claim."""

    dependencies = [("tasks", "0002_decisions")]
    operations = [ops.RunSQL(sql_file(__file__, "rates.sql"))]
