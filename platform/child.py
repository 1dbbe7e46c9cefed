"""A child of the supervisor: `python -m piecework.platform.child web|worker`. Ends when its parent does, however that ended."""

import os
import signal
import socket
import sys
import threading

from piecework.platform import logs, serve, settings, worker


def _end_with(parent_pipe: int) -> None:
    """The pipe's other end closes when the parent is gone, killed or not."""

    def watch() -> None:
        while os.read(parent_pipe, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """argv: kind, the parent pipe's number, the listening socket's number (web)."""
    kind, pipe = sys.argv[1], int(sys.argv[2])
    loaded = settings.load()
    logs.configure(loaded.log_level)
    _end_with(pipe)
    if kind == "web":
        serve.serve(loaded, socket.socket(fileno=int(sys.argv[3])))
    else:
        worker.run(loaded)


if __name__ == "__main__":
    main()
