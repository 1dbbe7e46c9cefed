"""What happened on ways in, kept as texts that are translated where they are read."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What happened on ways in, kept as texts that are translated where they are read."""

    dependencies = [("quality", "0010_trials")]
    operations = [ops.RunSQL(sql_file(__file__, "said.sql"))]
