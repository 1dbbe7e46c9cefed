"""The role of those who apply."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """An account may be an applicant's."""

    dependencies = [("platform", "0004_personal")]
    operations = [ops.RunSQL(sql_file(__file__, "applicants.sql"))]
