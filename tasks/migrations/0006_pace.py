"""How long each step takes, and so what an hour of it is expected to earn."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """The pace of steps."""

    dependencies = [("tasks", "0005_reopening")]
    operations = [ops.RunSQL(sql_file(__file__, "pace.sql"))]
