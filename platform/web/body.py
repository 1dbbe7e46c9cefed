"""Reading bodies: a byte limit and a deadline before anything is buffered, then strict JSON into the declared shape."""

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from piecework.platform.errors import Invalid, Malformed, Misfit, Problem
from piecework.platform.said import Said

M = TypeVar("M", bound=BaseModel)
NUL_ESCAPE = b"\\u0000"
MOST_ERRORS = 20


class BodyTooLarge(Problem):
    """The body is beyond the limit; it was not read to its end."""

    code = "body_too_large"
    status = 413
    title = "The body is too large."


class BodyTooSlow(Problem):
    """The body did not arrive before the deadline."""

    code = "body_too_slow"
    status = 408
    title = "The body did not arrive in time."


class UnsupportedMediaType(Problem):
    """The body is not of a type that the operation takes."""

    code = "unsupported_media_type"
    status = 415
    title = "This operation does not take a body of this type."


class Gone(Exception):
    """The client went away before its request was complete; there is nobody to answer."""


async def read(request: Request, limit: int, deadline_s: float) -> bytes:
    """The whole body, within the limit, all of it before the deadline.

    One timer for all of it, no task for each chunk: this is on the hot path (docs/performance.md).

    Raises:
        BodyTooLarge, BodyTooSlow: see there.
        Gone: the client disconnected.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise BodyTooLarge(Said("At most %(limit)s bytes are taken.", limit=limit))
    chunks: list[bytes] = []
    received = 0
    try:
        async with asyncio.timeout(deadline_s):
            async for chunk in request.stream():
                received += len(chunk)
                if received > limit:
                    raise BodyTooLarge(Said("At most %(limit)s bytes are taken.", limit=limit))
                chunks.append(chunk)
    except TimeoutError:
        raise BodyTooSlow from None
    except ClientDisconnect:
        raise Gone from None
    return b"".join(chunks)


def parse(shape: type[M], body: bytes, content_type: str) -> M:
    """Read JSON into a shape.

    Raises:
        UnsupportedMediaType: the content type is not JSON.
        Malformed: not JSON (or too deep, a lone surrogate, not UTF-8, NaN or Infinity, a key given twice).
        Invalid: JSON that does not fit; `errors` says where.
    """
    check_media_type(content_type, ("application/json",))
    try:
        value = shape.model_validate_json(body)
        json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_refuse, parse_float=_finite)
    except ValidationError as error:
        raise refusal(error) from None
    except (ValueError, RecursionError):  # an integer of thousands of digits, NaN, a key given twice
        raise Malformed from None
    if NUL_ESCAPE in body and holds_nul(value.model_dump()):
        raise Invalid(errors=[{"field": "", "code": "nul_character", "message": "Text must not contain NUL."}])
    return value


def check_media_type(content_type: str, taken: Sequence[str]) -> None:
    """Refuse a body of a type that the operation does not take.

    Raises:
        UnsupportedMediaType: `Content-Type` names another one, or none.
    """
    if content_type.partition(";")[0].strip().lower() not in taken:
        raise UnsupportedMediaType(Said("Send %(types)s.", types=" / ".join(taken)))


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """Two readers may disagree on which of two equal keys counts (RFC 8259, section 4); so none may come twice."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is given twice")


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError("a number is too large")
    return value


def parse_query(shape: type[M], query: Mapping[str, str], pairs: int) -> M:
    """Read query parameters into a shape; a parameter given twice is refused."""
    if pairs != len(query):
        raise Invalid(errors=[{"field": "", "code": "repeated", "message": "A parameter may be given once."}])
    if holds_nul(dict(query)):
        raise Invalid(errors=[{"field": "", "code": "nul_character", "message": "Text must not contain NUL."}])
    try:
        return shape.model_validate(dict(query))
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError, most: int = MOST_ERRORS) -> Problem:
    """Pydantic's findings as a problem with field, code and message; the input is not echoed.

    What a shape's own check said with `raise ValueError(Said(...))` stays a text that pages translate.
    """
    found = error.errors(include_url=False, include_input=False)
    if found and found[0]["type"] == "json_invalid":
        return Malformed(found[0]["msg"])
    return Invalid(
        errors=[
            {"field": ".".join(map(str, way(item)))[:200], "code": item["type"], "message": _message(item)}
            for item in found[:most]
        ]
    )


def way(item: Any) -> tuple[str | int, ...]:
    """The way to what one of pydantic's findings is about; a shape's own check may say it more closely (`Misfit`)."""
    cause = item.get("ctx", {}).get("error")
    return (*item["loc"], *(cause.place if isinstance(cause, Misfit) else ()))


def _message(item: Any) -> str | Said:
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, ValueError) and cause.args and isinstance(cause.args[0], Said):
        return cause.args[0]
    return str(item["msg"][:300])


def holds_nul(value: Any) -> bool:
    """True if any text inside contains NUL, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return any(holds_nul(item) for item in value)
    return False
