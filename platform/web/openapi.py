"""OpenAPI 3.1 made from the operations: what is documented is what is routed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from piecework.platform.errors import Forbidden, Invalid, Malformed, NotFound, Problem, Unauthenticated, Unavailable
from piecework.platform.web.body import BodyTooLarge, BodyTooSlow, UnsupportedMediaType
from piecework.platform.web.idempotency import KeyInFlight, KeyReused
from piecework.platform.web.operation import ANYONE, Operation

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document. `code` is stable; programs decide by it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "required": ["type", "title", "status", "code"],
}


def document(operations: Sequence[Operation], *, title: str, version: str, server: str) -> dict[str, Any]:
    """The OpenAPI document of the operations."""
    schemas, refs = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": "Microtasks for support tickets, over HTTP."},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "piecework_session"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


Refs = Mapping[tuple[Any, Any], Mapping[str, Any]]


def _schemas(operations: Iterable[Operation]) -> tuple[dict[str, Any], Refs]:
    inputs = {(m, "validation") for o in operations for m in (o.body, o.query) if m is not None}
    outputs = {(o.reply, "serialization") for o in operations if o.reply is not None}
    ordered: list[Any] = sorted(inputs | outputs, key=lambda pair: (pair[0].__module__, pair[0].__qualname__, pair[1]))
    refs, definitions = models_json_schema(ordered, ref_template="#/components/schemas/{model}")
    renamed = {name: _plain(name) for name in definitions.get("$defs", {})}
    return _rename(definitions.get("$defs", {}), renamed), {key: _rename(value, renamed) for key, value in refs.items()}


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            names.get(key, key): (
                f"#/components/schemas/{_plain(item.rsplit('/', 1)[-1])}" if key == "$ref" else _rename(item, names)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_rename(item, names) for item in value]
    return value


def _operation(operation: Operation, refs: Refs, schemas: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name)}
        for name in re.findall(r"{(\w+)(?::\w+)?}", operation.path)
    ]
    if operation.query is not None:
        schema = schemas[refs[operation.query, "validation"]["$ref"].rsplit("/", 1)[-1]]
        parameters += [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": item}
            for name, item in schema.get("properties", {}).items()
        ]
    if operation.takes_key:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag or operation.path.strip("/").split("/")[0]],
        "parameters": parameters,
        "responses": _responses(operation, refs),
        "x-permission": operation.permission,
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[operation.body, "validation"]}},
        }
    if operation.file:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in operation.file},
        }
    if operation.permission == ANYONE:
        described["security"] = []
    return described


def _path_schema(name: str) -> dict[str, Any]:
    if name == "step_id":
        return {"type": "string", "pattern": "^[0-9]{1,18}$"}
    return {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"}


def _responses(operation: Operation, refs: Refs) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if operation.reply is not None:
        success["content"] = {"application/json": {"schema": refs[operation.reply, "serialization"]}}
    elif operation.media_type != "application/json":
        success["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    status = (
        204
        if operation.status == 200 and operation.reply is None and operation.media_type == "application/json"
        else operation.status
    )
    responses: dict[str, Any] = {str(status): success}
    for code, problems in sorted(_problems(operation).items()):
        names = sorted({problem.code for problem in problems})
        responses[str(code)] = {
            "description": "; ".join(sorted({f"`{problem.code}`: {problem.title}" for problem in problems})),
            "content": {
                "application/problem+json": {
                    "schema": {
                        "allOf": [
                            {"$ref": "#/components/schemas/Problem"},
                            {"properties": {"code": {"enum": names}}},
                        ]
                    }
                }
            },
        }
    return responses


def _problems(operation: Operation) -> dict[int, set[type[Problem]]]:
    found: set[type[Problem]] = {*operation.errors, Unavailable}
    if operation.permission != ANYONE:
        found |= {Unauthenticated, Forbidden}
    if "{" in operation.path:
        found.add(NotFound)
    if operation.query is not None:
        found.add(Invalid)
    if operation.body is not None:
        found |= {Invalid, Malformed}
    if operation.body is not None or operation.file:
        found |= {UnsupportedMediaType, BodyTooLarge, BodyTooSlow}
    if operation.takes_key:
        found |= {KeyReused, KeyInFlight, Invalid}
    by_status: dict[int, set[type[Problem]]] = {}
    for problem in found:
        by_status.setdefault(problem.status, set()).add(problem)
    return by_status
