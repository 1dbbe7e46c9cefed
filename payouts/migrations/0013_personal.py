"""What may be erased of payees' data, once the law no longer wants it."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """What may be erased of payees' data, once the law no longer wants it."""

    dependencies = [("payouts", "0012_agreed_terms")]
    operations = [ops.RunSQL(sql_file(__file__, "personal.sql"))]
