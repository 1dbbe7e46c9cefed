"""Deductions: cases, and what closings took of them."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from piecework.platform.db.migrate import sql_file


class Migration(migrations.Migration):
    """Cases with evidence and approver, and the parts that periods took of them."""

    dependencies = [("payouts", "0006_taxes"), ("tasks", "0004_appealable")]
    operations = [ops.RunSQL(sql_file(__file__, "deductions.sql"))]
