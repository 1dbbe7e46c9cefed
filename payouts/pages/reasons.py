"""Why the ledger has an entry and a payment its state, in the reader's language.

Entries are sealed with their English words, and these say nothing but stored facts: so they are said again from those.
"""

import re
from collections.abc import Mapping
from datetime import date

from piecework.payouts.pages.words import WORDS
from piecework.platform.said import Said

BEGIN: Mapping[str, tuple[str, Said]] = {
    "deduct": ("deduction by rule ", Said("deduction by rule %(what)s")),
    "tax": ("tax regime ", Said("tax: %(what)s")),
    "export": ("payout ", Said("payout %(what)s")),
    "remit": ("tax paid to the state: ", Said("tax paid to the state: %(what)s")),
}
"""Kind of entry -> how its reason begins, and what it says."""
ROUNDED = "rounded to whole kopecks"
BOOKED = re.compile(r"booked (?P<on>\d{4}-\d{2}-\d{2}), bank reference (?P<reference>[^:]+)(?:: (?P<why>.*))?", re.DOTALL)
"""What the bank's statement said of a payment (paying/bank.py)."""


def told(kind: str, reason: str) -> str | Said:
    """The reason of an entry: as a text where it is ours, as it is where somebody wrote it."""
    if kind in ("confirm", "return"):
        return of_bank(reason)
    if kind == "round" and reason == ROUNDED:
        return Said("rounded to whole kopecks")
    if kind == "bonus" and " for " in reason:
        rule, _, span = reason.rpartition(" for ")
        return Said("%(rule)s for %(span)s", rule=rule, span=span)
    if kind not in BEGIN or not reason.startswith(BEGIN[kind][0]):
        return reason
    begin, text = BEGIN[kind]
    what = reason.removeprefix(begin)
    regime = WORDS["regime"].get(what) if kind == "tax" else None
    return Said(text.text, what=Said(regime) if regime else what)


def of_bank(reason: str) -> str | Said:
    """What the bank said of a payment; what somebody wrote of it as it is."""
    found = BOOKED.fullmatch(reason)
    if found is None:
        return reason
    booked = Said(
        "booked on %(on)s, bank reference %(reference)s", on=date.fromisoformat(found["on"]), reference=found["reference"]
    )
    return Said("%(booked)s: %(why)s", booked=booked, why=found["why"]) if found["why"] else booked
