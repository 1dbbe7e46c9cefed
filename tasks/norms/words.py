"""What people are told of their weeks, with the reasons."""

from piecework.tasks.norms.facts import Facts, Result
from piecework.tasks.norms.rules import NOTES, Line, Reckoning

MET = "You have done what your contract asks of this week. GET /me/weeks has every line of it."
APPEAL = (
    "If this is not right, say so within seven days: POST /appeals with the subject `week` and this week's id (GET /me/weeks)."
)


def of(facts: Facts, reckoning: Reckoning) -> str:
    """The week in a few sentences."""
    r = reckoning
    period = f"{facts.week.starts:%Y-%m-%d %H:%M} to {facts.week.ends:%Y-%m-%d %H:%M} UTC"
    asked = f"The norm of the week from {period} is {r.norm}"
    if r.reduced:
        parts = [
            f"{count} for {why}"
            for count, why in ((r.leave, "leave"), (r.outages, "outages"), (r.gaps, "gaps without work"))
            if count
        ]
        asked += f", less {' and '.join(parts)}: {r.effective}"
    done = f"You did {r.done} ({facts.done.accepted} accepted, {facts.done.awaiting} awaiting review; {facts.done.rejected} rejected do not count)."
    end = {
        Result.MET: "It counts as met, because so little was missing after two weeks that were met."
        if r.second_chance
        else "The week is met.",
        Result.EXCUSED: "The week is excused: you did what was left of the norm."
        if r.done >= r.effective
        else "The week is excused, because your appeal was upheld.",
        Result.MISSED: f"{r.effective - r.done} were missing: the week was missed.",
    }[r.result]
    return f"{asked}. {done} {end}"


def lines(reckoning: Reckoning) -> str:
    """Every line of the reckoning, one below the other."""
    return "\n".join(_line(line) for line in reckoning.lines) or "Nothing was taken off the norm."


def _line(line: Line) -> str:
    why = f" ({NOTES[line.note]})" if line.note else ""
    return f"{line.kind}: {line.starts:%Y-%m-%d %H:%M} to {line.ends:%Y-%m-%d %H:%M} UTC, {line.seconds} s, {line.hundredths / 100:.2f} tasks{why}"
