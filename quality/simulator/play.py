"""One policy played by one population, answer by answer.

Nothing is decided here that production does not decide with the same functions: what a vote is worth (`vote`), when to stop
(`stopping`), what an answer says of its author (`credit`), who is watched how closely and who is sanctioned (`rate`,
`sequential`, `drift`). Somebody found bad gets no more tasks; what they were given before is counted as paid.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from piecework.quality.simulator import crowd
from piecework.quality.simulator.crowd import Person, Task
from piecework.quality.simulator.models import Method, Policy, Population
from piecework.quality.statistics import (
    ACCURACY_PRIOR,
    UNKNOWN,
    Evidence,
    leave_one_out,
    overlap_evidence,
    posterior,
    stopping,
)
from piecework.quality.statistics.data import answers
from piecework.quality.statistics.methods import aggregate
from piecework.quality.statistics.rate import golden_rate, judged, known
from piecework.quality.statistics.sequential import Verdict
from piecework.quality.statistics.stopping import Next

FIRST_GOLDEN = 1 << 32
"""Golden tasks made on purpose are numbered from here on, so that a population's tasks are the same under every policy."""


RECENT = 200
"""So many finished tasks say how many people a task is shown to."""


@dataclass(slots=True)
class Played:
    """Everything that came of it. Counts are of answers, golden answers and curators' decisions."""

    people: list[Person]
    golden: list[Task] = field(default_factory=list)
    """Every golden task that was in use."""
    done: list[Task] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    by_curator: list[bool] = field(default_factory=list)
    answers: int = 0
    golden_answers: int = 0
    decisions: int = 0
    undecided: int = 0
    """Tasks that nobody was left to answer."""


def play(policy: Policy, population: Population, seed: int) -> Played:
    """Play until every task is decided or nobody is left. The same arguments give the same result."""
    game = _Game(policy, population, seed)
    while game.open and game.active:
        game.turn()
    game.played.undecided += len(game.open)
    if policy.consensus not in (Method.VOTE, Method.MAJORITY):
        game.fit_all()
    return game.played


class _Game:
    def __init__(self, policy: Policy, population: Population, seed: int) -> None:
        self.policy, self.population = policy, population
        kinds, matter, golden, self.rng = (np.random.default_rng((seed, stream)) for stream in range(4))
        self.played = Played(crowd.people(population, kinds))
        self.active = list(self.played.people)
        source = crowd.tasks(population, matter)
        self.open = deque(next(source) for _ in range(population.tasks))
        self.rules, self.rule = policy.watching(population.classes), policy.overlap()
        self.rates, self.audits = policy.golden_rates(), policy.audit_rates()
        self.golden_source = crowd.tasks(population, golden, FIRST_GOLDEN)
        self.golden: list[Task] = []
        """Golden tasks in use, the oldest first."""
        self.spare: deque[Task] = deque()
        """Tasks that an audit decided: golden tasks at no further cost."""
        if policy.exposure_cap is None:
            self.golden = [self._made() for _ in range(policy.golden_pool)]
            self.played.golden += self.golden

    def turn(self) -> None:
        """Somebody takes a task and answers it."""
        person = self.active[int(self.rng.integers(len(self.active)))]
        rate = golden_rate(person.watch.verdict, alarm=person.watch.chart.alarm, rates=self.rates)
        golden = self._golden_for(person) if self.rng.random() < rate else None
        if golden is not None:
            self._check(person, golden)
            return
        task = next((task for task in self.open if person not in task.seen), None)
        if task is None:
            self._finish_exhausted()
            return
        person.right += self._take(person, task) == task.truth
        self.played.answers += 1
        self._decide(task)

    def _take(self, person: Person, task: Task) -> int:
        label = crowd.answer(person, task, self.population, self.rng)
        task.voters.append(person)
        task.seen.append(person)
        task.labels.append(label)
        person.given += 1
        return label

    def _golden_for(self, person: Person) -> Task | None:
        """A golden task that the person has not seen: any of a fixed pool, or else the oldest in use, or a new one."""
        if self.policy.exposure_cap is None:
            unseen = [task for task in self.golden if person not in task.seen]
            return unseen[int(self.rng.integers(len(unseen)))] if unseen else None
        found = next((task for task in chain(self.golden, self.spare) if person not in task.seen), None)
        if found is None:
            found = self._made()
        if found not in self.golden:
            self.golden.append(found)
            self.played.golden.append(found)
            if found in self.spare:
                self.spare.remove(found)
        return found

    def _made(self) -> Task:
        self.played.decisions += 1
        task = next(self.golden_source)
        task.key, task.exposures = self._by_curator(task), self._exposures()
        return task

    def _exposures(self) -> int:
        """How many people a golden task is for."""
        cap = self.policy.exposure_cap or 0
        recent = self.played.done[-RECENT:]
        if not (self.policy.matched_exposures and recent):
            return cap
        return min(cap, len(recent[int(self.rng.integers(len(recent)))].seen))

    def _check(self, person: Person, golden: Task) -> None:
        label = self._take(person, golden)
        self.played.golden_answers += 1
        person.golden_given += 1
        person.golden_right += label == golden.truth
        self._told(person, right=label == golden.key)
        if self.policy.exposure_cap is not None and len(golden.seen) >= golden.exposures:
            self.golden.remove(golden)

    def _told(self, person: Person, *, right: bool) -> None:
        """A golden task or an audit says whether an answer was right."""
        said = Evidence(float(right), float(not right))
        person.golden_evidence = person.golden_evidence + said
        before = person.watch
        person.watch = known(before, said.right, said.wrong, self.rules)
        person.alarms += person.watch.chart.alarm and not before.chart.alarm
        verdict = person.watch.verdict
        if verdict != Verdict.UNKNOWN and person.decided_after is None:
            person.decided_after = person.given
        if verdict == Verdict.BAD and person.sanctioned_after is None:
            person.sanctioned_after = person.given
            self.active.remove(person)

    def _decide(self, task: Task) -> None:
        shares = self._shares(task)
        chosen = stopping.decide(shares, len(task.labels), self.rule, classes=self.population.classes)
        if chosen == Next.ASK:
            return
        self.open.remove(task)
        self._close(task, shares, unsure=chosen == Next.CURATOR)

    def _shares(self, task: Task) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return posterior(task.labels, self._accuracies(task), self.population.classes)

    def _accuracies(self, task: Task) -> list[float]:
        if self.policy.consensus == Method.MAJORITY:
            return [ACCURACY_PRIOR.mean] * len(task.voters)
        return [person.estimate for person in task.voters]

    def _close(self, task: Task, shares: np.ndarray[tuple[int], np.dtype[np.float64]], *, unsure: bool) -> None:
        best = np.flatnonzero(shares > shares.max() - 1e-9)
        result = int(best[0] if best.size == 1 else self.rng.choice(best))
        looked = (unsure and self.policy.curator_when_unsure) or self._audited(task)
        if looked:
            self.played.decisions += 1
            result = self._by_curator(task)
            for person, label in zip(list(task.voters), task.labels, strict=True):
                self._told(person, right=label == result)
            exposures = self._exposures()
            if len(task.seen) < exposures:
                self.spare.append(replace(task, voters=[], labels=[], seen=list(task.seen), key=result, exposures=exposures))
        elif len(task.voters) > 1:
            self._compare(task)
        self.played.done.append(task)
        self.played.results.append(result)
        self.played.by_curator.append(looked)

    def _by_curator(self, task: Task) -> int:
        return task.truth if self.rng.random() < self.population.curator_accuracy else task.lure

    def _audited(self, task: Task) -> bool:
        chances = (golden_rate(p.watch.verdict, alarm=p.watch.chart.alarm, rates=self.audits) for p in task.voters)
        return any(self.rng.random() < chance for chance in chances)

    def _compare(self, task: Task) -> None:
        """Judge each voter by the others."""
        skills, classes = self._accuracies(task), self.population.classes
        others = leave_one_out(task.labels, skills, classes)
        told = overlap_evidence(task.labels, skills, classes)
        for person, probability, said in zip(task.voters, others, told, strict=True):
            person.overlap_evidence = person.overlap_evidence + said
            before = person.watch
            person.watch = judged(before, float(probability), classes, self.rules)
            person.alarms += person.watch.chart.alarm and not before.chart.alarm

    def _finish_exhausted(self) -> None:
        """Decide as they are the tasks that everybody still there has answered."""
        if any(self._can_answer(task) for task in self.open):
            return
        self.played.undecided += sum(not task.labels for task in self.open)
        for task in [task for task in self.open if task.labels]:
            self._close(task, self._shares(task), unsure=True)
        self.open.clear()

    def _can_answer(self, task: Task) -> bool:
        return any(person not in task.seen for person in self.active)

    def fit_all(self) -> None:
        """Replace the crowd's results by those of all answers fitted together, golden tasks and curators as evidence."""
        played = self.played
        shown = played.done + [task for task in played.golden if task.voters]
        fixed = [result if looked else UNKNOWN for result, looked in zip(played.results, played.by_curator, strict=True)]
        truth = fixed + [UNKNOWN if task.key is None else task.key for task in shown[len(played.done) :]]
        pairs = [(i, voter.number, label) for i, task in enumerate(shown) for voter, label in _votes(task)]
        index, workers, labels = np.array(pairs).T
        data = answers(index, workers, labels, self.population.classes, truth=truth, workers=len(played.people))
        fitted = aggregate(data, self.policy.consensus.value)
        played.results = [int(label) for label in fitted.label[: len(played.done)]]


def _votes(task: Task) -> Iterator[tuple[Person, int]]:
    return zip(task.voters, task.labels, strict=True)
