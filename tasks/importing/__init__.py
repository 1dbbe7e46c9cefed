"""Importing: a file of tickets of any size becomes tickets, all of its good rows at once or none.

The way of a row: a piece of the file (read in a thread, in bounded memory) -> `TicketIn`, as strict as the API -> masked ->
COPY into a temporary table -> one publishing statement that makes tickets, originals and jobs.

Why a temporary table of the session, and not one long transaction: while rows are read the session is in no transaction, so
an import of an hour holds back no vacuum and keeps no row locked; and when the process dies its session ends and the rows,
personal data among them, are gone, so nothing is ever left to be cleaned. The publishing transaction only inserts new rows:
nobody waits for it but those who send the very same tickets at that moment.
"""

from piecework.tasks.importing.bad import BadFile
from piecework.tasks.importing.files import MOST_CHARS
from piecework.tasks.importing.reader import MOST_REPORTED
from piecework.tasks.importing.use_case import Imported, import_tickets

__all__ = ["MOST_CHARS", "MOST_REPORTED", "BadFile", "Imported", "import_tickets"]
