"""Decisions with their history, disputes, restrictions."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Decisions, shares, disputed tasks, control rates per person, restrictions."""

    dependencies = [("tasks", "0001_initial")]
    operations = [ops.RunSQL(sql_file(__file__, "decisions.sql"))]
