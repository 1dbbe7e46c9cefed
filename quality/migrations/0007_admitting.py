"""Criteria, evidence, admissions."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Criteria, evidence, admissions."""

    dependencies = [("quality", "0006_training")]
    operations = [ops.RunSQL(sql_file(__file__, "admitting.sql"))]
