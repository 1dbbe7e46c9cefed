"""The first schema of tasks."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Projects, workflows, tickets, tasks, slots, assignments, answers, contracts, qualifications."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [ops.RunSQL(sql_file(__file__, "schema.sql"))]
