"""What is told of decisions, kept as texts that are translated where they are read."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What is told of decisions, kept as texts that are translated where they are read."""

    dependencies = [("tasks", "0016_requesters")]
    operations = [ops.RunSQL(sql_file(__file__, "said.sql"))]
