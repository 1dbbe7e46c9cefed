"""What can go wrong in a way that a caller must be told about.

A `Problem` is an expected refusal: it carries a stable machine `code`, an HTTP status and words for a person. Each surface
renders it once: problem+json over the API, one line and exit code 2 on the command line. Anything else that escapes is a bug.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from piecework.platform.said import Said


class Problem(Exception):
    """An expected refusal with a stable code. Nothing was changed when it is raised (the transaction rolls back)."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request could not be carried out."
    detail_says_all: ClassVar[bool] = False
    """True where `errors` only repeat the detail for programs: pages show it once."""

    def __init__(self, detail: str | Said = "", **extra: Any) -> None:
        """`detail` explains this one case; `extra` members are added to the problem document (JSON values only).

        What is `Said`, here or as the `message` of one of `extra["errors"]`, pages show in the reader's language; the document has it in
        English.
        """
        super().__init__(str(detail) or self.title)
        self.detail = str(detail)
        self.said = detail
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The RFC 9457 problem document, without the request id (the web kit adds it)."""
        body: dict[str, Any] = {
            "type": f"urn:piecework:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            body["detail"] = self.detail
        return body | {name: _in_english(value) for name, value in self.extra.items()}


class Misfit(ValueError):
    """What a shape's own check finds wrong at one of its fields: `place` is the way to it from the shape."""

    def __init__(self, said: Said, *place: str | int) -> None:
        super().__init__(said)
        self.said = said
        self.place = place


def _in_english(value: Any) -> Any:
    if isinstance(value, Said):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _in_english(item) for name, item in value.items()}
    return [_in_english(item) for item in value] if isinstance(value, list | tuple) else value


class NotFound(Problem):
    """The object does not exist, or the caller may not know that it does."""

    code = "not_found"
    status = 404
    title = "There is no such thing here."


class Invalid(Problem):
    """The input is well-formed JSON but does not fit; `errors` lists field, code and message."""

    code = "invalid"
    status = 422
    title = "The request does not fit what this operation takes."


class Malformed(Problem):
    """The body cannot be read at all: not JSON, not UTF-8, too deep."""

    code = "malformed"
    status = 400
    title = "The body is not well-formed."


class Conflict(Problem):
    """The request is fine but not in the present state of things."""

    code = "conflict"
    status = 409
    title = "This does not fit the present state."


class Unauthenticated(Problem):
    """No credentials, or none that are valid now."""

    code = "unauthenticated"
    status = 401
    title = "Sign in, or send a valid token."


class Forbidden(Problem):
    """The caller is known but this operation is not theirs."""

    code = "forbidden"
    status = 403
    title = "Your roles or the token's scopes do not allow this."


class TooManyRequests(Problem):
    """A rate limit was reached; `Retry-After` says when to come back."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests."

    def __init__(self, retry_after_s: int, detail: str | Said = "") -> None:
        super().__init__(detail, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(Problem):
    """The database cannot be reached at the moment; nothing was changed and the call may be repeated."""

    code = "unavailable"
    status = 503
    title = "The service cannot reach its database. Try again in a moment."
    retry_after_s = 1


class SetupError(Exception):
    """The installation cannot start or run a command: one line that says what to do. The CLI exits with 2."""
