"""The house put together: which parts there are, and what follows from their declarations."""

from collections.abc import Mapping, Sequence

from piecework.payouts.part import PART as PAYOUTS
from piecework.platform import db
from piecework.platform.identity.part import PART as PLATFORM
from piecework.platform.invariants import Invariant
from piecework.platform.jobs import JobKind
from piecework.platform.personal import Declared, Hindrance
from piecework.quality.part import PART as QUALITY
from piecework.tasks.part import PART as TASKS

PARTS = (PLATFORM, TASKS, QUALITY, PAYOUTS)


def database_config(url: str, pool_size: int = 8) -> db.Config:
    """The database with every part's models and migrations."""
    return db.Config(
        url=url,
        models={part.name: list(part.models) for part in PARTS},
        migrations={part.name: part.migrations for part in PARTS if part.migrations},
        pool_size=pool_size,
    )


def permissions() -> dict[str, frozenset[str]]:
    """The table of permissions: permission -> roles."""
    return {name: roles for part in PARTS for name, roles in part.permissions.items()}


def subscriptions() -> Sequence[Mapping[str, Sequence[str]]]:
    """Every part's subscriptions to events."""
    return [part.subscriptions for part in PARTS]


def job_kinds() -> list[JobKind]:
    """Every kind of job, in the order in which a worker looks for them."""
    return [kind for part in PARTS for kind in part.jobs]


def invariants() -> list[Invariant]:
    """Every invariant of the living database."""
    return [invariant for part in PARTS for invariant in part.invariants]


def personal() -> list[Declared]:
    """What all tables keep about people, the highest part's first: its rows refer to those of the others."""
    return [one for part in reversed(PARTS) for one in part.personal]


def hindrances() -> list[Hindrance]:
    """Everything that an erasure may have to wait for."""
    return [one for part in PARTS for one in part.hindrances]
