"""What is found in a text, and what becomes of the text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PersonalDataKind(StrEnum):
    """The kinds of personal data that are masked; the value is the word in the placeholder."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CARD = "CARD"
    PASSPORT = "PASSPORT"
    SNILS = "SNILS"
    INN = "INN"


@dataclass(frozen=True, slots=True)
class Finding:
    """One masked fragment: ``text[start:end]`` of the ORIGINAL text."""

    kind: PersonalDataKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """The text with placeholders, and where the fragments they replaced stood in the original."""

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A fragment of the shadow that is to be masked."""

    kind: PersonalDataKind
    start: int
    end: int
    value: str  # normalised, for comparing
