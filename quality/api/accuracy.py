"""Operations on the accuracy of people."""

from typing import Any

from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.platform.web.operation import Call, Operation
from piecework.quality import policy
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Estimate
from piecework.quality.schemas import accuracy as s


def _accuracy(one: Estimate) -> dict[str, Any]:
    return {
        "project": one.project,
        "step_id": str(one.step_id),
        "step": one.step,
        "mean": one.interval.mean,
        "low": one.interval.low,
        "high": one.interval.high,
        "answers": one.answers,
        "questions": one.asked,
    }


def detail(one: Estimate) -> dict[str, Any]:
    """The fields of an estimate with its evidence by kind."""
    kinds = [
        s.KindOut(kind=kind, answers=n.answers, agreed=n.agreed, right=n.right, wrong=n.wrong) for kind, n in one.by_kind.items()
    ]
    return {**_accuracy(one), "words": one.words(), "evidence": kinds}


def _own(one: Estimate) -> s.OwnStep:
    figures = _accuracy(one)
    rounded = {name: round(figures[name], 2) for name in ("mean", "low", "high")}
    return s.OwnStep(**{**figures, **rounded}, words=one.own_words())


async def own_accuracy(call: Call) -> s.OwnAccuracy:
    """My accuracy per step, with its interval, as of the last midnight and by every five answers."""
    own = await accuracy.own(call.principal.account_id)
    return s.OwnAccuracy(as_of=own.as_of, steps=[_own(one) for one in own.steps])


async def person_accuracy(call: Call) -> s.PersonAccuracy:
    """A person's accuracy per step, with the evidence behind it."""
    freelancer_id = call.id("freelancer_id")
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    return s.PersonAccuracy(
        freelancer_id=freelancer_id,
        steps=[s.AccuracyDetail(**detail(one)) for one in await accuracy.estimates(freelancer_id)],
    )


OPERATIONS = (
    Operation("GET", "/me/accuracy", own_accuracy, policy.OWN_ACCURACY_READ, "My accuracy", reply=s.OwnAccuracy, tag="quality"),
    Operation("GET", "/freelancers/{freelancer_id}/accuracy", person_accuracy, policy.ACCURACY_READ, "A person's accuracy",
              reply=s.PersonAccuracy, tag="quality"),
)  # fmt: skip
