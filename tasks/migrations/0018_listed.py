"""Lists of tickets by channel and state, from either end."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Lists of tickets by channel and state, from either end."""

    dependencies = [("tasks", "0017_said")]
    operations = [ops.RunSQL(sql_file(__file__, "listed.sql"))]
