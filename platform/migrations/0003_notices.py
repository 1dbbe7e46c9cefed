"""Notices to accounts."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Notices to accounts."""

    dependencies = [("platform", "0002_devices")]
    operations = [ops.RunSQL(sql_file(__file__, "notices.sql"))]
