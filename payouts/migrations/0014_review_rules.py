"""Reviews of the second line are paid by rules."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Reviews of the second line are paid by rules."""

    dependencies = [("payouts", "0013_personal")]
    operations = [ops.RunSQL(sql_file(__file__, "review_rules.sql"))]
