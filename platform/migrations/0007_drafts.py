"""What people are writing."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Drafts of every kind."""

    dependencies = [("platform", "0006_live")]
    operations = [ops.RunSQL(sql_file(__file__, "drafts.sql"))]
