"""Exams and attempts."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Exams and attempts."""

    dependencies = [("quality", "0004_applications")]
    operations = [ops.RunSQL(sql_file(__file__, name)) for name in ("publishing.sql", "exams.sql")]
