"""Statistics of answers: votes, accuracies, intervals, agreement. Pure numpy, no database.

The classes of a task are numbered from 0; `OPEN` stands for an open set of them (free text). An
accuracy is a person's probability of being right. Evidence about it is counted in golden answers,
right and wrong, and adds up: `overlap_evidence` when a task is graded, `fit` for everything at
once, `interval` for the sum.
"""

from piecework.quality.statistics.agreement import krippendorff_alpha, quadratic_kappa
from piecework.quality.statistics.beta import ACCURACY_PRIOR, Beta, Interval, interval
from piecework.quality.statistics.credit import Evidence, evidence, overlap_evidence
from piecework.quality.statistics.onecoin import UNKNOWN, Fit, fit
from piecework.quality.statistics.vote import OPEN, leave_one_out, posterior

__all__ = [
    "ACCURACY_PRIOR",
    "OPEN",
    "UNKNOWN",
    "Beta",
    "Evidence",
    "Fit",
    "Interval",
    "evidence",
    "fit",
    "interval",
    "krippendorff_alpha",
    "leave_one_out",
    "overlap_evidence",
    "posterior",
    "quadratic_kappa",
]
