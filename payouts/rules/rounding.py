"""Rounding of what rules add: half a unit of 1/100 kopeck and more goes up, less goes down."""


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of an integer >= 0 by a positive one, to the nearest whole number; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)
