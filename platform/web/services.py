"""What a web process holds for its life: the settings, the bell, the verified principals, the composed tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from piecework.platform.identity.principal import Principals
from piecework.platform.jobs.bell import Bell
from piecework.platform.settings import Settings


@dataclass(slots=True)
class Services:
    """Shared by all requests of one process."""

    settings: Settings
    bell: Bell
    principals: Principals
    permissions: Mapping[str, frozenset[str]]
