"""The API of tasks."""

from piecework.tasks.api import contracts, knowledge, leave, load, messages, norms, work

OPERATIONS = (
    *knowledge.OPERATIONS,
    *messages.OPERATIONS,
    *contracts.OPERATIONS,
    *leave.OPERATIONS,
    *norms.OPERATIONS,
    *load.OPERATIONS,
    *work.OPERATIONS,
)
