"""Operations on what curators are writing: their own drafts, kept whether or not they fit together yet."""

import json

from pydantic import ValidationError

from piecework.platform.drafts import DraftChanged
from piecework.platform.errors import NotFound
from piecework.platform.web import body as bodies
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.written import WritingFault, WritingIn, WritingOut
from piecework.quality import policy, writing
from piecework.quality.writing import Kind

TAG = "quality"
LONGEST_NAME = 200


def _where(call: Call) -> tuple[Kind, str]:
    kind, name = str(call.request.path_params["kind"]), str(call.request.path_params["name"])
    if kind not in list(Kind) or len(name) > LONGEST_NAME:
        raise NotFound
    return Kind(kind), name


async def my_writing(call: Call) -> WritingOut:
    """One's own draft, with what is missing in it."""
    kind, name = _where(call)
    found = await writing.kept(call.principal.account_id, kind, name)
    if found is None:
        raise NotFound
    faults = []
    try:
        writing.SHAPES[kind].model_validate_json(json.dumps(found.spec))
    except ValidationError as error:
        faults = [
            WritingFault(**{**one, "message": str(one["message"])}) for one in bodies.refusal(error).extra.get("errors", [])
        ]
    return WritingOut(
        spec=dict(found.spec),
        revision=found.revision,
        changed_at=found.changed_at,
        kept_until=found.kept_until,
        faults=faults,
    )


async def keep_my_writing(call: Call, body: WritingIn) -> WritingOut:
    """Keep a draft of one's own."""
    await writing.keep(call.principal.account_id, *_where(call), body.spec, body.revision)
    return await my_writing(call)


async def drop_my_writing(call: Call) -> None:
    """Throw one's own draft away."""
    await writing.drop(call.principal.account_id, *_where(call))


PLACE = "/me/writing/{kind}/{name}"
OPERATIONS = (
    Operation("GET", PLACE, my_writing, policy.WRITING, "What one is writing, as far as it is written", reply=WritingOut, tag=TAG),
    Operation("PUT", PLACE, keep_my_writing, policy.WRITING, "Keep what one is writing, complete or not", body=WritingIn,
              reply=WritingOut, errors=(DraftChanged,), body_limit_bytes=1024 * 1024, tag=TAG),
    Operation("DELETE", PLACE, drop_my_writing, policy.WRITING, "Throw away what one is writing", tag=TAG),
)  # fmt: skip
