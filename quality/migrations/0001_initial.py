"""The first schema of quality."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Golden answers, evidence, accuracy."""

    initial = True
    dependencies = [("tasks", "0001_initial")]
    operations = [ops.RunSQL(sql_file(__file__, "schema.sql"))]
