"""Shapes of the published figures."""

from piecework.platform.web.operation import Shape


class AppealFigures(Shape):
    """Appeals raised in a time. `share_upheld` and `median_days` are of those decided, null if there are none."""

    raised: int
    open: int
    upheld: int
    denied: int
    upheld_by_deadline: int
    """Nobody answered in time, so they were decided for the freelancer."""
    share_upheld: float | None
    median_days: float | None


class AuditFigures(Shape):
    """Audits done in a time: how many found a fault in the answer, and how many changed what the answer was worth."""

    done: int
    found_wrong: int
    share_found_wrong: float | None
    changed_the_verdict: int
    share_changed: float | None


class AppealsOverTime(Shape):
    """Of late, and of all time."""

    lately: AppealFigures
    all_time: AppealFigures


class AuditsOverTime(Shape):
    """Of late, and of all time."""

    lately: AuditFigures
    all_time: AuditFigures


class QualityFigures(Shape):
    """How fairly people are judged here; `days` is what "lately" means."""

    days: int
    appeals: AppealsOverTime
    audits: AuditsOverTime
    restrictions_in_force: dict[str, int]
