"""Appeals about what other parts decided."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """More subjects of appeals: decisions that were noted as appealable."""

    dependencies = [("quality", "0002_truths"), ("tasks", "0004_appealable")]
    operations = [ops.RunSQL(sql_file(__file__, "objections.sql"))]
