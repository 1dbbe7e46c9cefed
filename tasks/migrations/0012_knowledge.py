"""Instructions in versions, articles and their search."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Instructions in versions, articles and their search."""

    dependencies = [("tasks", "0011_load")]
    operations = [ops.RunSQL(sql_file(__file__, "knowledge.sql"))]
