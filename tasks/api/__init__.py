"""The API of tasks."""

from piecework.tasks.api import authoring, contracts, knowledge, leave, load, messages, norms, requesting, work

OPERATIONS = (
    *knowledge.OPERATIONS,
    *messages.OPERATIONS,
    *contracts.OPERATIONS,
    *leave.OPERATIONS,
    *norms.OPERATIONS,
    *load.OPERATIONS,
    *work.OPERATIONS,
    *authoring.OPERATIONS,
    *requesting.OPERATIONS,
)
