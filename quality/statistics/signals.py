"""What a detector of cheating hands on: evidence that a person can read, never a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to look closer at one or more people."""

    kind: str
    """What was found: "fast", "flat", "pair", "ring", "copy" or "link"."""
    people: tuple[int, ...]
    """The codes of the people concerned, ascending."""
    strength: float
    """How strong the evidence is, in powers of ten; each detector says of what."""
    words: str
    """One English sentence for a curator."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Numbers and examples, by name."""
