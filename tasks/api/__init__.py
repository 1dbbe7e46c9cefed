"""The API of tasks."""

from piecework.tasks.api import work

OPERATIONS = (*work.OPERATIONS,)
