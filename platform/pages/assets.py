"""Static files: read once, addressed by their content, so that a browser may keep them for ever."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
KEEP = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    content: bytes
    packed: bytes
    media_type: str
    version: str


class Static:
    """All parts' static files by name."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._files: dict[str, File] = {}
        for folder in folders:
            for path in sorted(folder.glob("*")):
                content = path.read_bytes()
                version = hashlib.sha256(content).hexdigest()[:12]
                self._files[path.name] = File(content, gzip.compress(content, mtime=0), TYPES[path.suffix], version)

    def url(self, name: str) -> str:
        """Where a file is, in the version that is served now.

        Raises:
            KeyError: no part has it; a template names it wrongly.
        """
        return f"/static/{self._files[name].version}/{name}"

    async def serve(self, request: Request) -> Response:
        """A file; any version's address gives the present one, which is then not kept."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response("Not found.", 404, media_type="text/plain")
        headers = {
            "cache-control": KEEP if request.path_params["version"] == file.version else "no-cache",
            "x-content-type-options": "nosniff",
            "vary": "accept-encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.packed, 200, {**headers, "content-encoding": "gzip"}, media_type=file.media_type)
        return Response(file.content, 200, headers, media_type=file.media_type)
