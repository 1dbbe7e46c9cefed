"""The devices that people sign in from."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Devices."""

    dependencies = [("platform", "0001_initial")]
    operations = [ops.RunSQL(sql_file(__file__, "devices.sql"))]
