"""Messages to people."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Messages to people."""

    dependencies = [("tasks", "0012_knowledge")]
    operations = [ops.RunSQL(sql_file(__file__, "messages.sql"))]
