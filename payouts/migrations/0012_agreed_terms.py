"""Pay terms from accepted contracts."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Pay terms from accepted contracts."""

    dependencies = [("payouts", "0011_seals")]
    operations = [ops.RunSQL(sql_file(__file__, "agreed_terms.sql"))]
