"""Live pages, and notices in the language of who reads them."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Changes are announced; notices keep what they say in a form that can be translated."""

    dependencies = [("platform", "0005_applicants")]
    operations = [ops.RunSQL(sql_file(__file__, "live.sql"))]
