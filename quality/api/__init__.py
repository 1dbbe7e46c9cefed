"""Operations of quality."""

from piecework.quality.api import accuracy, appeals, audits, cases, disputes, figures, golden, reports, reviews

OPERATIONS = (
    *golden.OPERATIONS,
    *reviews.OPERATIONS,
    *accuracy.OPERATIONS,
    *appeals.OPERATIONS,
    *cases.OPERATIONS,
    *audits.OPERATIONS,
    *disputes.OPERATIONS,
    *figures.OPERATIONS,
    *reports.OPERATIONS,
)
