"""Operations of quality."""

from piecework.quality.api import (
    accuracy,
    admissions,
    admitting,
    appeals,
    audits,
    cases,
    disputes,
    exams,
    figures,
    golden,
    own_exams,
    own_training,
    reports,
    reviews,
    training,
    writing,
)

OPERATIONS = (
    *golden.OPERATIONS,
    *reviews.OPERATIONS,
    *accuracy.OPERATIONS,
    *appeals.OPERATIONS,
    *admissions.OPERATIONS,
    *admitting.OPERATIONS,
    *cases.OPERATIONS,
    *audits.OPERATIONS,
    *disputes.OPERATIONS,
    *figures.OPERATIONS,
    *reports.OPERATIONS,
    *exams.OPERATIONS,
    *own_exams.OPERATIONS,
    *training.OPERATIONS,
    *own_training.OPERATIONS,
    *writing.OPERATIONS,
)
