"""Pay rules, the calendar, awards."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Versioned pay rules, the calendar with its history, awards of bonuses."""

    dependencies = [("payouts", "0004_tariffs")]
    operations = [ops.RunSQL(sql_file(__file__, "rules.sql"))]
