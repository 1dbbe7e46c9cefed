"""An HTTP client as a careful freelancer's program would be: it repeats what may be repeated until it gets an answer."""

import asyncio
import uuid
from typing import Any

import httpx2

from piecework.platform.errors import SetupError

PATIENCE_S = 90.0


class Refused(Exception):
    """The API said no, with a problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail') or problem.get('title')}")
        self.status = status
        self.code = problem.get("code")


class Client:
    """Calls as one account, or as nobody."""

    def __init__(self, http: httpx2.AsyncClient, token: str) -> None:
        self._http = http
        self._token = token
        self.repeated = 0

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call; lost connections and 503 are repeated with the same Idempotency-Key (and the same body) for a while.

        Raises:
            Refused: a problem document.
            SetupError: nobody answered in time.
        """
        response = await self.raw(method, path, body)
        return response.json() if response.content else None

    async def send(self, path: str, file: bytes) -> Any:
        """Send a file, as patiently."""
        return (await self.raw("POST", path, content=file)).json()

    async def raw(self, method: str, path: str, body: Any = None, content: bytes | None = None) -> httpx2.Response:
        """The same, as the response itself; the body is JSON, or the content of a file."""
        headers = {"idempotency-key": str(uuid.uuid4())} | ({"authorization": f"Bearer {self._token}"} if self._token else {})
        if content is not None:
            headers["content-type"] = "application/octet-stream"
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        pause_s = 0.1
        while True:
            try:
                response = await self._http.request(method, f"/api/v1{path}", json=body, content=content, headers=headers)
            except httpx2.TransportError as error:
                failure = type(error).__name__
            else:
                if response.is_success:
                    return response
                if response.status_code != 503:
                    raise Refused(response.status_code, response.json())
                failure = "503"
            if loop.time() > until:
                raise SetupError(f"The API does not answer any more ({failure}). See the logs in the data folder.")
            self.repeated += 1
            await asyncio.sleep(pause_s)
            pause_s = min(2.0, pause_s * 1.6)
