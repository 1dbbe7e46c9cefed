"""The web process: uvicorn over the application, on a socket that its parent opened."""

import asyncio
import socket

import uvicorn

from piecework.platform.app import make_app
from piecework.platform.settings import Settings
from piecework.platform.web.protocol import PatientProtocol


class Server(uvicorn.Server):
    """uvicorn, which waits at its end for what is under way: open streams are told to end first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything."""
        self.config.app.state.streams.stop()  # type: ignore[union-attr]  # it is our own application
        await super().shutdown(sockets)


def make_server(settings: Settings) -> Server:
    """A uvicorn server over the application."""

    class Protocol(PatientProtocol):
        header_deadline_s = settings.header_deadline_s

    return Server(
        uvicorn.Config(
            make_app(settings),
            http=Protocol,
            loop="uvloop",
            ws="none",
            access_log=False,
            log_config=None,
            lifespan="on",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=10,
            server_header=False,
        )
    )


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished."""
    server = make_server(settings)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
