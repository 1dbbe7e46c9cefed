"""What people are told of their weeks, with the reasons."""

from piecework.platform.said import Said
from piecework.tasks.norms.facts import Facts, Result
from piecework.tasks.norms.rules import NOTES, Line, Reckoning

MET = Said("You have done what your contract asks of this week. GET /me/weeks has every line of it.")
APPEAL = Said(
    "If this is not right, say so within seven days: POST /appeals with the subject `week` and this week's id (GET /me/weeks)."
)


def of(facts: Facts, reckoning: Reckoning) -> list[Said]:
    """The week in a few sentences."""
    r = reckoning
    asked = Said(
        "The norm of the week from %(starts)s to %(ends)s is %(norm)s.",
        starts=facts.week.starts,
        ends=facts.week.ends,
        norm=r.norm,
    )
    less = [
        text
        for count, text in (
            (r.leave, Said("Less %(count)s for leave.", count=r.leave)),
            (r.outages, Said("Less %(count)s for outages.", count=r.outages)),
            (r.gaps, Said("Less %(count)s for gaps without work.", count=r.gaps)),
        )
        if count and r.reduced
    ]
    left = [Said("%(left)s were asked in all.", left=r.effective)] if r.reduced else []
    done = Said(
        "You did %(done)s (%(accepted)s accepted, %(awaiting)s awaiting review; %(rejected)s rejected do not count).",
        done=r.done,
        accepted=facts.done.accepted,
        awaiting=facts.done.awaiting,
        rejected=facts.done.rejected,
    )
    return [asked, *less, *left, done, _end(r)]


def _end(r: Reckoning) -> Said:
    if r.result is Result.MET:
        return (
            Said("It counts as met, because so little was missing after two weeks that were met.")
            if r.second_chance
            else Said("The week is met.")
        )
    if r.result is Result.EXCUSED:
        return (
            Said("The week is excused: you did what was left of the norm.")
            if r.done >= r.effective
            else Said("The week is excused, because your appeal was upheld.")
        )
    return Said("%(missing)s were missing: the week was missed.", missing=r.effective - r.done)


KINDS = {
    "leave": Said("leave"),
    "pause": Said("pause"),
    "illness": Said("illness"),
    "outage": Said("outage"),
    "gap": Said("gap without work"),
}
"""What took something off a norm."""


def lines(reckoning: Reckoning) -> list[Said]:
    """Every line of the reckoning, one below the other."""
    return [_line(line) for line in reckoning.lines] or [Said("Nothing was taken off the norm.")]


def _line(line: Line) -> Said:
    said = Said(
        "%(what)s: %(starts)s to %(ends)s, %(seconds)s s, %(tasks)s tasks",
        what=KINDS.get(line.kind, line.kind),
        starts=line.starts,
        ends=line.ends,
        seconds=line.seconds,
        tasks=f"{line.hundredths / 100:.2f}",
    )
    return Said("%(line)s (%(why)s)", line=said, why=NOTES[line.note]) if line.note else said
