"""What may be erased of contracts, messages and decisions."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What may be erased of contracts, messages and decisions."""

    dependencies = [("tasks", "0013_messages"), ("platform", "0004_personal")]
    operations = [ops.RunSQL(sql_file(__file__, "personal.sql"))]
