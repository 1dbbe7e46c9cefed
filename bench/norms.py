"""python -m bench.norms [--people 500] [--weeks 4] [--seed 1]: a simulated month of norms, scarce by day and rich by night.

The same people, hours and tickets twice: tickets go to whoever asks first, or to whoever is furthest behind their norm among those who
wait, as claims hand out (docs/norms.md). People ask every five seconds while they have none and want some, so under the fair rule a ticket
waits for the one it is meant for to ask. Every week is reckoned by the platform's own rules (piecework.tasks.norms.rules). A model of
people and of the hand-out, not the platform itself: tests/tasks/handing_out hold the real claims to the same rule. A week before the month is simulated too and not counted: in it nobody has
a habit yet from which the platform could know how their hours spread over a week.

Prints for both: the Gini coefficient of done / norm, the share of people who could have met their norm, who missed it and why, and
how long tickets waited. Exits 1 if somebody missed for lack of supply, or the fair rule's Gini is not 30 % below the other's, or its
tickets wait longer by more than 1 %.
"""

import argparse
import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import fmean, median

from piecework.tasks.load.attendance import PAST_WEEKS, spread
from piecework.tasks.norms.facts import Done, Ending, Facts, Gap, Handed, Pace, Result, Terms
from piecework.tasks.norms.rules import reckon
from piecework.tasks.norms.spans import Span

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
POLL_S = 5.0
NORM = 1000
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY_HOURS = range(8, 20)
BY_DAY, BY_NIGHT = 0.85, 0.15
"""How many work by day, how many by night."""
DAY_SUPPLY, NIGHT_SUPPLY = 0.6, 1.3
"""Tickets that come by day and by night, in norms of the people who work then."""
SHIRKERS = 0.04
"""People who offer too few hours for their norm, whatever the supply."""


@dataclass
class Person:
    """Somebody with their hours of the day, their pace, and what they want to do of a week."""

    number: int
    starts: float
    hours: float
    days: frozenset[int]
    pace_s: float
    wanted: int
    claimed: int = 0
    done: int = 0
    waits_since: float | None = None
    busy: bool = False
    took: deque[float] = field(default_factory=lambda: deque(maxlen=2000))
    gaps: list[tuple[float, float, bool]] = field(default_factory=list)
    at_work: set[int] = field(default_factory=set)
    past: list[float] | None = None

    def present(self, at: float) -> bool:
        """Whether these are their hours."""
        day, second = divmod(at - self.starts, DAY)
        return second < self.hours and int(day % 7) in self.days

    def need(self, now: float) -> float:
        """How far they are behind their norm: as need_of() and week_past() in tasks/sql/claims.sql reckon it."""
        at = now % WEEK
        past = at / WEEK if self.past is None else self.past[int(at // HOUR)]
        claimed = self.claimed / NORM
        return (0.05 + int(100 * past) / 100) / (0.05 + claimed) if claimed < 1 else 1 - claimed

    def learn(self, now: float) -> None:
        """How their hours spread over the week that begins now, as the platform learns it from the hours in which they claimed."""
        begins = now // HOUR - PAST_WEEKS * WEEK / HOUR
        worked = [int(hour - begins) for hour in self.at_work if hour >= begins]
        past = spread(worked, PAST_WEEKS * WEEK / HOUR, int(WEEK / HOUR))
        self.past = None if past is None else past.tolist()


@dataclass
class Outcome:
    """What came of a month under one rule."""

    ginis: list[float] = field(default_factory=list)
    by_day: list[float] = field(default_factory=list)
    able: list[float] = field(default_factory=list)
    results: dict[str, int] = field(default_factory=dict)
    missed_for_supply: int = 0
    delays: list[float] = field(default_factory=list)


def gini(values: Sequence[float]) -> float:
    """The Gini coefficient: half the mean absolute difference relative to the mean (Gini 1912)."""
    ordered = sorted(values)
    weighted = sum(place * value for place, value in enumerate(ordered, 1))
    return 2 * weighted / (len(ordered) * sum(ordered)) - (len(ordered) + 1) / len(ordered)


def crowd(count: int, chance: random.Random) -> list[Person]:
    """People with hours by day or by night, on four to seven days of the week, who want their norm and up to a half more."""
    made = []
    for number in range(count):
        night = chance.random() < BY_NIGHT
        pace = chance.lognormvariate(4.0, 0.2)
        days = frozenset(chance.sample(range(7), chance.randint(4, 7)))
        offered = chance.uniform(0.3, 0.9) if chance.random() < SHIRKERS else chance.uniform(1.1, 2.0)
        hours = NORM * pace / HOUR / len(days) * offered
        starts = chance.uniform(20, 24) if night else chance.uniform(7, 11)
        made.append(Person(number, starts * HOUR, min(hours, 11.0) * HOUR, days, pace, int(NORM * chance.uniform(1.0, 1.5))))
    return made


def arrivals(people: int, weeks: int, chance: random.Random) -> list[float]:
    """When tickets come: a Poisson process with one rate by day and one by night."""
    by_day = people * BY_DAY * NORM * DAY_SUPPLY / 7 / len(DAY_HOURS)
    by_night = people * BY_NIGHT * NORM * NIGHT_SUPPLY / 7 / (24 - len(DAY_HOURS))
    times, at = [], 0.0
    while at < weeks * WEEK:
        at += chance.expovariate((by_day if int(at % DAY / HOUR) in DAY_HOURS else by_night) / HOUR)
        times.append(at)
    return times[:-1]


class Month:
    """Events in order of time: tickets come, answers are submitted, people come and go, weeks end."""

    def __init__(self, people: list[Person], tickets: list[float], weeks: int, *, fair: bool, chance: random.Random) -> None:
        self.people = people
        self.fair = fair
        self.chance = chance
        self.open: deque[float] = deque()
        self.waiting: list[int] = []
        self.place: dict[int, int] = {}
        self.by_need: list[tuple[float, int]] = []
        self.outcome = Outcome()
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.count = 0
        for at in tickets:
            self.at(at, self.come)
        for person in people:
            for day in range(weeks * 7):
                self.at(day * DAY + person.starts, lambda now, p=person: self.ask(p, now))
        for hour in range(1, int(weeks * WEEK / HOUR)):
            self.at(hour * HOUR, self.reorder)
        for week in range(1, weeks + 1):
            self.at(week * WEEK, self.close)

    def at(self, when: float, what: Callable[[float], None]) -> None:
        """An event, before the month is run."""
        self.count += 1
        self.events.append((when, self.count, what))

    def later(self, when: float, what: Callable[[float], None]) -> None:
        """An event that comes of another."""
        self.count += 1
        heapq.heappush(self.events, (when, self.count, what))

    def run(self) -> Outcome:
        """The month from its first event to its last."""
        heapq.heapify(self.events)
        while self.events:
            now, _, what = heapq.heappop(self.events)
            what(now)
        return self.outcome

    def come(self, now: float) -> None:
        """A ticket comes: to one of those who wait, if somebody does."""
        person = self.next_one(now)
        if person is None:
            self.open.append(now)
            return
        others = len(self.waiting) + 1
        asks_in = self.chance.random() * POLL_S if self.fair else min(POLL_S, self.chance.expovariate(others / POLL_S))
        self.take(person, now, now + asks_in)

    def next_one(self, now: float) -> Person | None:
        """Whose the ticket is, of those who wait: by the rule, and still there."""
        while self.waiting:
            if self.fair:
                _, number = heapq.heappop(self.by_need)
                if number not in self.place:
                    continue
            else:
                number = self.chance.choice(self.waiting)
            person = self.people[number]
            if person.present(now):
                return person
            self.leave(person, now)
        return None

    def leave(self, person: Person, now: float) -> None:
        """They stopped asking when their hours were over."""
        since = person.waits_since
        assert since is not None
        end = person.starts + person.hours + (since - person.starts) // DAY * DAY
        person.gaps.append((since, min(end, now), False))
        self.wait_no_more(person)

    def wait_no_more(self, person: Person) -> None:
        """They do not wait any more."""
        person.waits_since = None
        place, last = self.place.pop(person.number), self.waiting.pop()
        if last != person.number:
            self.waiting[place], self.place[last] = last, place

    def take(self, person: Person, came: float, now: float) -> None:
        """They claim the ticket that came then."""
        if now >= WEEK:
            self.outcome.delays.append(now - came)
        if person.waits_since is not None:
            person.gaps.append((person.waits_since, now, True))
            self.wait_no_more(person)
        person.busy = True
        person.at_work.add(int(now // HOUR))
        person.claimed += 1
        took = person.pace_s * self.chance.lognormvariate(0, 0.4)
        self.later(now + took, lambda at: self.submit(person, at, took))

    def submit(self, person: Person, now: float, took: float) -> None:
        """They are done with one, and ask for the next."""
        person.done += 1
        person.busy = False
        person.took.append(took)
        self.ask(person, now)

    def ask(self, person: Person, now: float) -> None:
        """They ask, unless they are at work, away or content: an open ticket is theirs, else they wait."""
        if person.busy or person.waits_since is not None or not person.present(now) or person.claimed >= person.wanted:
            return
        if self.open:
            self.take(person, self.open.popleft(), now)
            return
        person.waits_since = now
        self.place[person.number] = len(self.waiting)
        self.waiting.append(person.number)
        heapq.heappush(self.by_need, (-person.need(now), person.number))

    def reorder(self, now: float) -> None:
        """An hour is over: of everybody's week more is past."""
        self.by_need = [(-self.people[number].need(now), number) for number in self.waiting]
        heapq.heapify(self.by_need)

    def close(self, now: float) -> None:
        """The week is over: everybody's is reckoned, and the next begins."""
        for number in tuple(self.waiting):
            self.leave(self.people[number], now)
        self.by_need.clear()
        if now > WEEK:
            self.count_in(now)
        for person in self.people:
            person.done, person.claimed, person.gaps = 0, int(person.busy), []
            person.learn(now)
        for person in self.people:
            self.ask(person, now)

    def count_in(self, now: float) -> None:
        """The week that is over, as everybody fared in it."""
        self.outcome.ginis.append(gini([person.done / NORM for person in self.people]))
        self.outcome.by_day.append(gini([person.done / NORM for person in self.people if person.starts < 20 * HOUR]))
        able = 0
        for person in self.people:
            # With work in every gap they would have met it at their own mean pace.
            waited = sum(end - since for since, end, _ in person.gaps)
            could = person.done + waited / fmean(person.took) >= NORM if person.took else False
            able += person.done >= NORM
            result = reckon(facts(person, now)).result
            self.outcome.results[result] = self.outcome.results.get(result, 0) + 1
            self.outcome.missed_for_supply += result is Result.MISSED and could
        self.outcome.able.append(able / len(self.people))


def facts(person: Person, now: float) -> Facts:
    """The week that ends now, as the platform would know it."""
    week = Span(MONDAY + timedelta(seconds=now - WEEK), MONDAY + timedelta(seconds=now))

    def span(since: float, end: float) -> Span:
        return Span(max(week.starts, MONDAY + timedelta(seconds=since)), min(week.ends, MONDAY + timedelta(seconds=end)))

    gaps = tuple(
        Gap(one.starts, one.ends, Ending.WORK if worked else Ending.LEFT, (one,))
        for one, worked in ((span(since, end), worked) for since, end, worked in person.gaps)
        if one.starts < one.ends
    )
    pace = Pace(int(median(person.took) * 1000), len(person.took)) if len(person.took) >= 10 else Pace()
    return Facts(
        zone="UTC",
        week=week,
        terms=(Terms(1, NORM, week.starts, week.ends),),
        gaps=gaps,
        pace=pace,
        handed=Handed(submitted=person.done),
        worked_before=bool(person.took),
        done=Done(accepted=person.done),
    )


def play(people: int, weeks: int, seed: int, *, fair: bool) -> Outcome:
    """A month under one of the two rules; the same people and tickets under both."""
    chance = random.Random(seed)
    made, tickets = crowd(people, chance), arrivals(people, 1 + weeks, chance)
    return Month(made, tickets, 1 + weeks, fair=fair, chance=random.Random(seed + 1)).run()


def main(people: int, weeks: int, seed: int) -> bool:
    """Both rules, printed; true if the targets are met."""
    first, fair = (play(people, weeks, seed, fair=one) for one in (False, True))
    for name, one in (("first come, first served", first), ("furthest behind their norm first", fair)):
        told = ", ".join(f"{result} {count}" for result, count in sorted(one.results.items()))
        print(
            f"{name}: Gini {fmean(one.by_day):.3f} by day, {fmean(one.ginis):.3f} of all; {fmean(one.able):.1%} did their whole norm; weeks {told}; missed for lack of supply "
            f"{one.missed_for_supply}; tickets waited {fmean(one.delays):.1f} s on average, {median(one.delays):.1f} s in the middle"
        )
    ratio, slower = fmean(fair.ginis) / fmean(first.ginis), fmean(fair.delays) / fmean(first.delays)
    print(f"Gini of all {1 - ratio:.1%} lower, mean wait x{slower:.3f}")
    return fair.missed_for_supply == 0 and ratio <= 0.7 and slower <= 1.01


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    raise SystemExit(not main(given.people, given.weeks, given.seed))
