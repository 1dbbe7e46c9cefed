"""Pay policy in bodies and replies."""

from typing import Annotated

from pydantic import StringConstraints

from piecework.payouts.books.pay_policy import PayPolicy
from piecework.platform.web.operation import Shape

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class PolicyOut(Shape):
    """The settings that count now. `version` 0: nobody has changed the defaults."""

    version: int
    policy: PayPolicy


class PolicyIn(Shape):
    """The next version, whole: what is left out gets its default."""

    policy: PayPolicy
    reason: Reason
