"""Placeholders in the stead of what is found, and their numbering."""

from __future__ import annotations

from collections.abc import Iterator

from piecework.tasks.masking.detection import detect
from piecework.tasks.masking.findings import Finding, Hit, Masked, PersonalDataKind
from piecework.tasks.masking.shadow import TYPED, shadow_of


def mask(text: str) -> Masked:
    """Replace personal data with placeholders such as ``[PHONE 1]``.

    Equal values of one kind get one number within the text, in the order of their first appearance: telephone
    numbers and other numbers are compared by their digits ("+7", "8" and no prefix are one), e-mail addresses in
    lower case.  A number that the customer has typed in a placeholder of the same kind is not given out again, so
    that a typed ``[PHONE 1]`` is never mistaken for a masked telephone.  See the package for what is not caught.
    """
    shadow = shadow_of(text)
    hits = detect(shadow.text)
    if not hits:
        return Masked(text, ())
    findings = tuple(Finding(hit.kind, shadow.origin(hit.start), shadow.origin(hit.end - 1) + 1) for hit in hits)
    pieces: list[str] = []
    done = 0
    for finding, placeholder in zip(findings, _placeholders(shadow.text, hits), strict=True):
        pieces += (text[done : finding.start], placeholder)
        done = finding.end
    pieces.append(text[done:])
    return Masked("".join(pieces), findings)


def _placeholders(shadow: str, hits: list[Hit]) -> Iterator[str]:
    typed = {(match[1].upper(), int(match[2])) for match in TYPED.finditer(shadow)}
    given: dict[tuple[str, str], int] = {}
    last = dict.fromkeys(PersonalDataKind, 0)
    for hit in hits:
        number = given.get((hit.kind, hit.value))
        if number is None:
            number = last[hit.kind] + 1
            while (hit.kind.value, number) in typed:
                number += 1
            given[hit.kind, hit.value] = last[hit.kind] = number
        yield f"[{hit.kind} {number}]"
