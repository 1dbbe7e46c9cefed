"""Price lists in force and the terms of a claim; the hot functions, which always belong to the newest migration."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Price lists, the queue's step key, terms frozen at the claim; the hot functions."""

    dependencies = [("tasks", "0002_decisions")]
    operations = [ops.RunSQL(sql_file(__file__, "rates.sql")), ops.RunSQL(sql_file(__file__, "claims.sql"))]
