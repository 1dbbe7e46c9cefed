"""Credible intervals of a Beta posterior over a probability, for instance a person's accuracy.

Everything here is a pure function of plain floats. The cost of one interval is some tens of
continued fractions, about 50 microseconds to a millisecond, whatever the counts.
"""

import math
from dataclasses import dataclass

_TINY = 1e-300
_PRECISION = 1e-15
_MAX_TERMS = 100_000


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution: `alpha` imagined right answers and `beta` imagined wrong ones.

    Unit of both: answers, fractions allowed, both above zero.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (0 < self.alpha < math.inf and 0 < self.beta < math.inf):
            raise ValueError("both shapes of a Beta distribution must be positive and finite")

    @property
    def mean(self) -> float:
        """The expected probability, alpha / (alpha + beta)."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def weight(self) -> float:
        """How many answers the belief is worth, alpha + beta."""
        return self.alpha + self.beta


ACCURACY_PRIOR = Beta(3.2, 0.8)
"""What is believed of a person's accuracy before any answer: mean 0.8, worth four answers.

Real crowds answer right about three to four times in five. The weight of four is large enough that
a lucky or unlucky first answer moves nobody to an extreme, which is what makes maximum likelihood
collapse on sparse data, and small enough that some twenty answers outweigh it.
"""


@dataclass(frozen=True, slots=True)
class Interval:
    """A posterior mean and an equal-tailed credible interval, as probabilities between 0 and 1."""

    mean: float
    low: float
    high: float


def interval(right: float, wrong: float, *, prior: Beta = ACCURACY_PRIOR, level: float = 0.95) -> Interval:
    """Mean and equal-tailed credible interval of a probability after `right` and `wrong` answers.

    The counts may be fractional. One of them may be negative as long as their sum is not: evidence
    from an uncertain consensus is signed (see `credit`). Such a pair is read as its total, all
    of it on the other side, so that the posterior always stays a Beta distribution.
    """
    if not 0 < level < 1:
        raise ValueError("level must lie strictly between 0 and 1")
    posterior = update(prior, right, wrong)
    tail = (1 - level) / 2
    return Interval(
        mean=posterior.mean,
        low=quantile(posterior, tail),
        high=quantile(posterior, tail, upper=True),
    )


def update(prior: Beta, right: float, wrong: float) -> Beta:
    """The Beta posterior after fractional counts; a negative side is clipped, the total kept."""
    right, wrong = float(right), float(wrong)
    total = right + wrong
    if not math.isfinite(total) or total < -1e-9:
        raise ValueError("the counts must be finite and their sum must not be negative")
    total = max(total, 0.0)
    kept = min(max(right, 0.0), total)
    return Beta(prior.alpha + kept, prior.beta + total - kept)


def cdf(distribution: Beta, x: float) -> float:
    """The regularised incomplete beta function I_x(alpha, beta), the chance of a value up to x."""
    return _tails(distribution, x)[0]


def quantile(distribution: Beta, probability: float, *, upper: bool = False) -> float:
    """The x with a chance of `probability` below it, or above it if `upper`.

    Newton's method inside a bracket that every step shrinks (Press et al., Numerical Recipes, 3rd
    edition, section 9.4, `rtsafe`): a step that leaves the bracket, or does not halve the residual,
    becomes a bisection. Bisection is in the logarithm of x near zero, where alpha < 1 puts
    quantiles as small as 1e-200, so that it needs no more than some hundred steps. A quantile too
    small for a float (below about 1e-300) is 0.
    """
    if not 0 <= probability <= 1:
        raise ValueError("a probability lies between 0 and 1")
    if probability in (0, 1):
        return float((probability == 1) != upper)
    side = 1 if upper else 0
    low, high = 0.0, 1.0
    x = distribution.mean
    last = math.inf
    for _ in range(400):
        error = _tails(distribution, x)[side] - probability
        if upper:
            error = -error
        if error == 0:
            return x
        if error < 0:
            low = x
        else:
            high = x
        slope = _density(distribution, x)
        step = x - error / slope if slope > 0 else -1.0
        if not low < step < high or abs(error) > 0.5 * last:
            step = _middle(low, high)
        last = abs(error)
        if abs(step - x) <= 4e-16 * x or step in (low, high):
            return step
        x = step
    return x


def _middle(low: float, high: float) -> float:
    """The midpoint of a bracket: geometric where it spans orders of magnitude, else arithmetic."""
    if low == 0.0:
        return max(high * 1e-3, _TINY) if high > _TINY else 0.0
    return math.sqrt(low) * math.sqrt(high) if high > 4 * low else 0.5 * (low + high)


def _tails(distribution: Beta, x: float) -> tuple[float, float]:
    """The chances (below x, above x); the smaller one is computed, without cancellation."""
    if x <= 0:
        return 0.0, 1.0
    if x >= 1:
        return 1.0, 0.0
    a, b = distribution.alpha, distribution.beta
    front = math.exp(_log_front(a, b, x))
    if x < (a + 1) / (a + b + 2):
        below = min(front * _fraction(a, b, x) / a, 1.0)
        return below, 1 - below
    above = min(front * _fraction(b, a, 1 - x) / b, 1.0)
    return 1 - above, above


def _density(distribution: Beta, x: float) -> float:
    """The probability density at 0 < x < 1."""
    log = _log_front(distribution.alpha, distribution.beta, x) - math.log(x) - math.log1p(-x)
    return math.exp(log) if log < 700 else math.inf


def _log_front(a: float, b: float, x: float) -> float:
    """log of x^a (1-x)^b / B(a, b).

    For large shapes the three terms are huge and cancel, which would cost seven digits at 1e7.
    There Stirling's series is used with the leading parts cancelled on paper: with m = a / (a + b),
    a log(x / m) + b log((1-x) / (1-m)) + log(a b / (2 pi (a+b))) / 2 - (d(a) + d(b) - d(a+b)),
    where d is Stirling's correction (Abramowitz and Stegun, 6.1.41).
    """
    if min(a, b) < 10:
        return math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    n = a + b
    mean, rest = a / n, b / n
    shift = x - mean
    exponent = a * _log_ratio(shift / mean) + b * _log_ratio(-shift / rest)
    return exponent + 0.5 * math.log(a * rest / (2 * math.pi)) - _stirling(a) - _stirling(b) + _stirling(n)


def _log_ratio(relative: float) -> float:
    """log(1 + relative) - relative: the linear parts of the two sides cancel exactly.

    (a * shift / mean = b * shift / rest = n * shift.) Small arguments use the series, as the
    difference would lose its digits.
    """
    if abs(relative) > 0.1:
        return math.log1p(max(relative, -1 + 1e-16)) - relative
    total, power = 0.0, relative
    for order in range(2, 20):
        power *= -relative
        total += power / order
    return total


def _stirling(z: float) -> float:
    """log gamma(z) minus (z - 1/2) log z - z + log(2 pi) / 2, for z of at least 10."""
    s = 1 / (z * z)
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / z


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method.

    Abramowitz and Stegun 26.5.8; the method is Lentz's as modified by Thompson and Barnett (1986),
    see Press et al., Numerical Recipes, section 6.4. It converges for x < (a+1) / (a+b+2), in about
    sqrt(max(a, b)) terms.
    """
    c = 1.0
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 + even * d
        d = 1 / (d if abs(d) > _TINY else _TINY)
        c = 1 + even / c
        c = c if abs(c) > _TINY else _TINY
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 + odd * d
        d = 1 / (d if abs(d) > _TINY else _TINY)
        c = 1 + odd / c
        c = c if abs(c) > _TINY else _TINY
        change = d * c
        value *= change
        if abs(change - 1) <= _PRECISION:
            return value
    raise ArithmeticError("the continued fraction did not converge")  # pragma: no cover
