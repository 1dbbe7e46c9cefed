"""The policies that are compared if none is given."""

from piecework.quality.simulator.models import Policy

LADDER = (
    *(Policy(name=f"fixed {overlap}", overlap_min=overlap, overlap_max=overlap) for overlap in (1, 3, 5)),
    *(
        Policy(name=f"dynamic {least}-5 at {target}", overlap_min=least, target=target)
        for least in (1, 2)
        for target in (0.8, 0.9, 0.95)
    ),
)
