"""Files that are written while somebody waits: the reply is whole or a problem, and a slow reader holds no database connection."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import IO, Any

from starlette.responses import StreamingResponse

IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024

MEDIA_TYPES = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "beancount": "text/plain",
}


def headers(file_name: str, size: int) -> dict[str, str]:
    """What a downloaded file is called and how long it is."""
    return {"content-length": str(size), "content-disposition": f'attachment; filename="{file_name}"'}


async def download(write: Callable[[IO[bytes]], Awaitable[Any]], name: str, form: str) -> StreamingResponse:
    """What `write` writes, as a file `name.form`, through a temporary file: a long one goes to disk."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it outlives this function
    try:
        await write(file)
        size = file.seek(0, 2)
        file.seek(0)
    except BaseException:  # cancelled or failed: nobody will read the file, and it is raised again
        file.close()
        raise
    return StreamingResponse(_pieces(file), headers=headers(f"{name}.{form}", size), media_type=MEDIA_TYPES[form])


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
