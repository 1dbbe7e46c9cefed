"""The web process: uvicorn over the application, on a socket that its parent opened."""

import asyncio
import socket

import uvicorn

from piecework.platform.app import make_app
from piecework.platform.settings import Settings
from piecework.platform.web.protocol import PatientProtocol


def make_server(settings: Settings) -> uvicorn.Server:
    """A uvicorn server over the application."""

    class Protocol(PatientProtocol):
        header_deadline_s = settings.header_deadline_s

    return uvicorn.Server(
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
