"""Weekly norms: weeks, outages, supply, results."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Weekly norms: weeks, outages, supply, results."""

    dependencies = [("tasks", "0009_handing_out")]
    operations = [ops.RunSQL(sql_file(__file__, "norms.sql"))]
