"""Grades, lines, promotion."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Grades, lines, promotion."""

    dependencies = [("quality", "0007_admitting")]
    operations = [ops.RunSQL(sql_file(__file__, "grades.sql"))]
