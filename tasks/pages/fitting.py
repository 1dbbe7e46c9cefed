"""From what a page has read to the API's own shape."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from piecework.platform.web import body

M = TypeVar("M", bound=BaseModel)


def fitted(shape: type[M], *, under: str = "", **values: Any) -> M:
    """A shape of the API.

    Raises:
        Invalid: the values do not fit; errors name the fields as the form does: of those within `under` only the last name.
    """
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        refused = body.refusal(error)
        for one in refused.extra["errors"]:
            path = str(one["field"]).split(".")
            one["field"] = path[-1] if under and path[0] == under else ".".join(path)
        raise refused from None
