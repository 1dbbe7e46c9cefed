"""The database: connections, transactions, raw statements, migrations. One dialect: PostgreSQL."""

from piecework.platform.db.connect import Config, connected, database_url_parts
from piecework.platform.db.migrate import at_head, migrate
from piecework.platform.db.names import APP, FREELANCER
from piecework.platform.db.outage import OUTAGE
from piecework.platform.db.statements import apart, batches, execute, listen, row, rows, scalar, transaction

__all__ = [
    "APP",
    "FREELANCER",
    "OUTAGE",
    "Config",
    "apart",
    "at_head",
    "batches",
    "connected",
    "database_url_parts",
    "execute",
    "listen",
    "migrate",
    "row",
    "rows",
    "scalar",
    "transaction",
]
