"""What one measure is asked to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """So many clients, each a freelancer of its own, do so many counted pairs after a warm-up."""

    clients: int
    pairs: int
    warm_up: int = 400
    combined: bool = False
    workers: int = 1
    limit_s: float = 90.0
