"""Reviews of the second line are measured."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Reviews of the second line are measured."""

    dependencies = [("tasks", "0014_personal")]
    operations = [ops.RunSQL(sql_file(__file__, "reviews.sql"))]
