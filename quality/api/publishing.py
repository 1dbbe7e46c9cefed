"""What the operations on exams and on courses have in common: versions in paths and in replies, and whom they are not shown."""

from typing import Any

from piecework.platform.errors import Forbidden, NotFound
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.platform.web.operation import Call
from piecework.quality.publishing import S, Version
from piecework.quality.schemas.publishing import VersionOut

MOST = 2**31 - 1


def code_of(call: Call) -> str:
    """The code in the path."""
    return str(call.request.path_params["code"])[:60]


def version_of(call: Call) -> tuple[str, int]:
    """The code and the version in the path."""
    number = call.number("version")
    if number > MOST:
        raise NotFound
    return code_of(call), number


def sees_keys(call: Call) -> None:
    """Refuse who may sit exams and take courses: they do not read what is right, whatever else they are."""
    if call.principal.roles & {Role.FREELANCER, Role.APPLICANT}:
        raise Forbidden(Said("Who may sit exams or take courses does not read their keys."))


def shown(version: Version[S]) -> dict[str, Any]:
    """A version as it is told."""
    return {name: getattr(version, name) for name in (*VersionOut.model_fields, "spec")}
