"""Lessons, homework, training tasks."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Lessons, homework, training tasks."""

    dependencies = [("quality", "0005_exams")]
    operations = [ops.RunSQL(sql_file(__file__, "training.sql"))]
