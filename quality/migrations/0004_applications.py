"""Applications, interviews, stages."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Applications, interviews, stages."""

    dependencies = [("quality", "0003_objections")]
    operations = [ops.RunSQL(sql_file(__file__, "applications.sql"))]
