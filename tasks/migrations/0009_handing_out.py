"""Fair hand-out; the hot functions, which always belong to the newest migration that changes them."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Fair hand-out: gaps, lines, languages, what must be read before a claim."""

    dependencies = [("tasks", "0008_contracts")]
    operations = [ops.RunSQL(sql_file(__file__, f"{name}.sql")) for name in ("weeks", "handing_out", "gaps", "claims")]
