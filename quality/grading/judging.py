"""What one answer is worth: by the consensus of others, or by a known truth. Pure functions; grading carries the outcome out.

The same words and the same shares come out of both, so that nothing in a verdict tells a golden task from another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from piecework.platform.said import Said, Value, together
from piecework.quality.comparing.comparison import asked, is_compared, verdicts
from piecework.quality.comparing.consensus import Standing
from piecework.quality.grading.truths import Known
from piecework.quality.statistics import Evidence
from piecework.tasks.decisions import WHOLE
from piecework.tasks.fields import Answer, AnswerField
from piecework.tasks.workflows import StepSpec

WRONG = "wrong_answer"
PARTLY = "partly_wrong"


class Call(StrEnum):
    """What becomes of an answer: decided now, or looked at by a curator first."""

    DECIDE = "decide"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`share` of the answer that is right, in 1/10,000, with reason and explanation unless it is all of it."""

    call: Call
    share: int
    reason: str | None = None
    explanation: Said | None = None


def by_consensus(
    step: StepSpec, answer: Answer, result: Answer | None, standing: Standing, *, audited: bool = False
) -> Judgement:
    """Judge by the others' answers: accept what agrees or may well be right, refuse what they make very unlikely, audit between.

    `audited` sends every answer that is not refused to a curator first.
    """
    if result is not None and not standing.agrees:
        if standing.probability_right < step.checking.reject_below:
            return _by_fields(step, answer, result, standing.fields)
        if standing.probability_right < step.checking.accept_from:
            return Judgement(Call.AUDIT, WHOLE)
    return Judgement(Call.AUDIT if audited else Call.DECIDE, WHOLE)


def by_truth(
    step: StepSpec, answer: Answer, known: Sequence[Known], passed: Mapping[str, bool] | None = None
) -> tuple[Judgement, Evidence, int]:
    """Judge by the acceptable answers: the one that speaks best for the answer counts.

    `passed` says of words that cannot be compared whether a curator found them good. Returns the judgement, what it tells of the
    author, and how many fields were judged.
    """
    words = {name: good for name, good in (passed or {}).items() if name in text_fields(step)}
    outcomes = [(one, verdicts(step.answer, answer, one.answer) | words) for one in known]
    best, fields = max(outcomes, key=lambda o: (share_of(step.answer, o[1]), o[0].weight))
    count = len(fields)
    right = best.weight * sum(fields.values()) / count if count else 0.0
    # One answer is one piece of evidence however many fields it has: who misreads a ticket errs in several of them at once.
    told = Evidence(right, 1.0 - right) if count else Evidence()
    return _by_fields(step, answer, best.answer, fields), told, count


def share_of(fields: Sequence[AnswerField], outcome: Mapping[str, bool]) -> int:
    """The share of an answer that its right fields make up, by the fields' weights, in 1/10,000, down to a whole number.

    An answer with something right in it is never worth nothing, and one with something wrong never everything.
    """
    weights = {field.name: field.weight for field in fields}
    total = sum(weights[name] for name in outcome)
    right = sum(weights[name] for name, is_right in outcome.items() if is_right)
    if right == total:
        return WHOLE
    return 0 if right == 0 else min(WHOLE - 1, max(1, int(WHOLE * right / total)))


def _by_fields(step: StepSpec, answer: Answer, truth: Answer, fields: Mapping[str, bool]) -> Judgement:
    share = share_of(step.answer, fields)
    if share == WHOLE:
        return Judgement(Call.DECIDE, WHOLE)
    return Judgement(Call.DECIDE, share, PARTLY if share else WRONG, explain(step, answer, truth, fields))


def explain(step: StepSpec, answer: Answer, truth: Answer, outcome: Mapping[str, bool]) -> Said:
    """Which fields differ from the accepted answer, in the step's own words."""
    return together(
        [
            Said(
                "%(field)s: you answered %(answer)s; the accepted answer is %(accepted)s.",
                field=one.title,
                answer=_shown(one, answer.get(one.name)),
                accepted=_shown(one, truth.get(one.name)),
            )
            if is_compared(one)
            else Said("%(field)s: a curator read it and did not accept it.", field=one.title)
            for one in step.answer
            if not outcome.get(one.name, True)
        ]
    )


def with_words(judgement: Judgement, words: str) -> Judgement:
    """The judgement with a curator's own words to the author, where anything is not accepted."""
    if judgement.share == WHOLE or not words:
        return judgement
    assert judgement.explanation is not None
    told = Said("%(verdict)s The curator: “%(words)s”", verdict=judgement.explanation, words=words)
    return replace(judgement, explanation=told)


def usable(step: StepSpec, answer: Answer, passed: Mapping[str, bool]) -> Answer:
    """The answer without the words that a curator did not accept."""
    refused = [name for name in text_fields(step) if not passed.get(name, True)]
    return {name: value for name, value in answer.items() if name not in refused}


def lacks_words(step: StepSpec, so_far: Answer) -> bool:
    """True if words that the step requires, given the rest of the answer, are not there."""
    return any(one.required and not is_compared(one) and asked(one, so_far) and one.name not in so_far for one in step.answer)


def text_fields(step: StepSpec) -> list[str]:
    """The fields that are words of the author's own, which no comparison can judge."""
    return [one.name for one in step.answer if not is_compared(one)]


def _shown(field: AnswerField, value: object) -> Value:
    if isinstance(value, bool):
        return Said("yes") if value else Said("no")
    if value is None or value == []:
        return Said("nothing")
    titles = {one.value: one.title for one in field.options or ()}
    return ", ".join(titles.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))
