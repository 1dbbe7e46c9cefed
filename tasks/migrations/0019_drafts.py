"""Drafts of workflows are kept where every draft is kept."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Drafts of workflows are kept where every draft is kept."""

    dependencies = [("platform", "0007_drafts"), ("tasks", "0018_listed")]
    operations = [ops.RunSQL(sql_file(__file__, "drafts.sql"))]
