"""What may be erased of the way in and of exams."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What may be erased of the way in and of exams."""

    dependencies = [("quality", "0008_grades")]
    operations = [ops.RunSQL(sql_file(__file__, "personal.sql"))]
