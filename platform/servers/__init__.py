"""Real PostgreSQL and Valkey servers, started as child processes for one data folder.

    with embedded(Path("data")) as servers:
        connect_to(servers.database_url, servers.redis_url)

Nothing has to be installed on the machine: the programs come with the Python packages this project depends
on. What can go wrong is raised as ServerError, whose message is one line meant for the person at the keyboard.
"""

from piecework.platform.servers.binaries import pg_binary
from piecework.platform.servers.errors import ServerError
from piecework.platform.servers.session import Servers, embedded

__all__ = ["ServerError", "Servers", "embedded", "pg_binary"]
