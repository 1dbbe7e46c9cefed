"""No page shows or does more than the API would: whoever may open it may call what it calls."""

import dis
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from piecework.platform import composition
from piecework.platform.app import operations
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Operation

OPERATIONS: dict[Callable[..., Any], list[Operation]] = {}
for each in operations():
    OPERATIONS.setdefault(each.handler, []).append(each)
VIEWS = [view for part in composition.PARTS for view in part.pages.views]
PERMISSIONS = composition.permissions()
ASKS_FIRST = {
    ("/contracts/{freelancer_id}", "person_leave"),
    ("/money/people/{freelancer_id}", "payment_details_of"),
    ("/people/{freelancer_id}", "list_admissions"),
    ("/projects/{code}", "live_load"),
    ("/training/{freelancer_id}", "list_mentors"),
}
"""Pages that ask whether their reader may, before they call an operation that not all of their readers may call."""


def holders(permission: str) -> frozenset[str]:
    everybody = frozenset(Role)
    return {ANYONE: everybody | {"nobody"}, SIGNED_IN: everybody}.get(permission) or PERMISSIONS[permission]


def called(function: Callable[..., Any], seen: set[Callable[..., Any]]) -> Iterator[Callable[..., Any]]:
    """The functions that a page's handler names, and those that its own helpers among the pages name."""
    codes = [function.__code__] if isinstance(function, FunctionType) else []
    seen.add(function)
    while codes:
        code = codes.pop()
        codes += [one for one in code.co_consts if isinstance(one, CodeType)]
        steps = list(dis.get_instructions(code))
        for step, after in zip(steps, [*steps[1:], None], strict=True):
            found = function.__globals__.get(step.argval) if step.opname == "LOAD_GLOBAL" else None
            if isinstance(found, ModuleType) and after is not None:
                found = getattr(found, str(after.argval), None)
            if isinstance(found, FunctionType) and found not in seen:
                yield found
                if found not in OPERATIONS and ".pages." in found.__module__:
                    yield from called(found, seen)


def test_who_may_open_a_page_may_call_what_it_calls() -> None:
    more = {
        (view.path, operation.name)
        for view in VIEWS
        for function in called(view.handler, set())
        for operation in OPERATIONS.get(function, ())
        if not holders(view.permission) <= holders(operation.permission)
    }
    assert more == ASKS_FIRST
