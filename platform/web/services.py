"""What a web process holds for its life: the settings, the bell, the verified principals, the open streams, the composed tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from piecework.platform.identity.principal import Principals
from piecework.platform.jobs.bell import Bell
from piecework.platform.settings import Settings
from piecework.platform.web.streams import Streams


@dataclass(slots=True)
class Services:
    """Shared by all requests of one process."""

    settings: Settings
    bell: Bell
    principals: Principals
    permissions: Mapping[str, frozenset[str]]
    streams: Streams = field(default_factory=Streams)
