"""Money: whole numbers of 1/100 kopeck (scale 4) everywhere inside; decimal strings at the edge.

`Decimal` appears only while text is read. There is no float anywhere near an amount.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from piecework.platform.said import Said

SCALE = 4
UNIT = 10**SCALE
KOPECK = 10 ** (SCALE - 2)
LIMIT = 10**15  # 100 billion roubles; far inside a bigint, so that sums of millions of postings stay inside it too
PATTERN = r"^-?[0-9]{1,11}(\.[0-9]{1,4})?$"


def parse(text: str) -> int:
    """Read a decimal amount such as "2.5" into 1/100 kopecks.

    Raises:
        ValueError: not a plain decimal number, more than four decimals, or beyond 10^11 units.
    """
    if not isinstance(text, str) or len(text) > 17:
        msg = Said("an amount is a string such as '2.50'")
        raise ValueError(msg)
    if re.fullmatch(PATTERN, text) is None:
        msg = Said("an amount is a plain decimal number such as '2.50', with at most four decimals")
        raise ValueError(msg)
    return int(Decimal(text) * UNIT)


def text(amount: int) -> str:
    """Write 1/100 kopecks as a decimal string with four decimals: 25000 -> "2.5000". Exact; parse() reads it back."""
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), UNIT)
    return f"{sign}{whole}.{part:0{SCALE}d}"


def _read(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # already minor units: our own code building a reply
    return parse(value)


def _read_strict(value: Any) -> int:
    return parse(value)


Amount = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["2.5000"]}),
]
"""An amount in a reply: minor units inside, a decimal string in JSON."""

AmountIn = Annotated[
    int,
    BeforeValidator(_read_strict),
    PlainSerializer(text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["2.50"]}),
]
"""An amount in a request: only a decimal string is taken."""


def largest_remainder(amount: int, weights: list[int]) -> list[int]:
    """Split `amount` in proportion to non-negative integer `weights`, exactly: the parts sum to `amount`.

    The units left over by rounding down go to the largest remainders; ties go to the earlier position.

    Raises:
        ValueError: no weight is positive.
    """
    total = sum(weights)
    if total <= 0:
        msg = "at least one weight must be positive"
        raise ValueError(msg)
    sign = -1 if amount < 0 else 1
    whole = [abs(amount) * w // total for w in weights]
    rest = [abs(amount) * w % total for w in weights]
    left = abs(amount) - sum(whole)
    for i in sorted(range(len(weights)), key=lambda i: (-rest[i], i))[:left]:
        whole[i] += 1
    return [sign * part for part in whole]
