"""What rules would have given, reckoned in the background."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What rules would have given, reckoned in the background."""

    dependencies = [("payouts", "0014_review_rules")]
    operations = [ops.RunSQL(sql_file(__file__, "effects.sql"))]
