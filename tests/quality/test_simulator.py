"""The simulator: reproducible, able to show a bad policy as bad, and plain about bad input."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.platform import cli
from piecework.quality.simulator import command
from piecework.quality.simulator.ladder import LADDER
from piecework.quality.simulator.models import Group, Kind, Method, Policy, Population
from piecework.quality.simulator.picture import picture
from piecework.quality.simulator.play import play
from piecework.quality.simulator.report import Figures, run, table

SMALL = Population(tasks=300)
CLICKERS = Population(tasks=500, groups=(Group(name="honest", people=16), Group(name="random", kind=Kind.RANDOM, people=8)))


def fixed(overlap: int, **more: float) -> Policy:
    return Policy(name=f"fixed {overlap}", overlap_min=overlap, overlap_max=overlap, **more)


def group(figures: Figures, name: str) -> object:
    return next(one for one in figures.groups if one.name == name)


class TestPlay:
    def test_the_same_seed_gives_the_same_figures_and_another_seed_others(self) -> None:
        first = run(Policy(), SMALL, 7)
        assert run(Policy(), SMALL, 7) == first
        assert run(Policy(), SMALL, 8) != first

    def test_every_policy_gets_the_same_tasks_and_people(self) -> None:
        one, other = (play(policy, SMALL, 3) for policy in (fixed(1), fixed(3)))
        assert [person.accuracy for person in one.people] == [person.accuracy for person in other.people]
        truths = [{task.number: task.truth for task in played.done} for played in (one, other)]
        assert truths[0] == truths[1]

    def test_every_task_is_decided_once_and_nobody_answers_one_twice(self) -> None:
        played = play(Policy(), SMALL, 1)
        assert sorted(task.number for task in played.done) == list(range(SMALL.tasks))
        assert played.undecided == 0
        assert all(len(set(task.voters)) == len(task.voters) <= 5 for task in played.done)
        assert sum(len(task.voters) for task in played.done) == played.answers
        assert sum(person.given for person in played.people) == played.answers + played.golden_answers

    def test_a_golden_task_is_seen_by_no_more_people_than_the_cap(self) -> None:
        capped = play(Policy(exposure_cap=3, golden_high=0.5, golden_low=0.5), CLICKERS, 1).golden
        assert capped
        assert max(len(task.seen) for task in capped) <= 3
        pool = play(Policy(exposure_cap=None, golden_pool=10, golden_high=0.5, golden_low=0.5), CLICKERS, 1).golden
        assert len(pool) == 10
        assert max(len(task.seen) for task in pool) > 3

    def test_an_unsure_task_goes_to_a_curator_only_if_asked(self) -> None:
        alone = run(fixed(1, audit_high=0, audit_low=0), SMALL, 2)
        helped = run(fixed(1, audit_high=0, audit_low=0, target=0.99, curator_when_unsure=True), SMALL, 2)
        assert alone.curator_share == 0
        assert helped.curator_share > 0.9
        assert helped.accuracy > alone.accuracy + 0.1

    def test_if_nobody_is_left_the_tasks_stay_undecided(self) -> None:
        nobody = Population(tasks=2000, groups=(Group(name="random", kind=Kind.RANDOM, people=3),))
        figures = run(Policy(), nobody, 1)
        assert figures.undecided > 0
        assert figures.cheats_sanctioned == 3

    def test_a_crowd_smaller_than_the_overlap_finishes(self) -> None:
        two = Population(tasks=50, groups=(Group(name="honest", people=2, accuracy=0.95),))
        played = play(fixed(5), two, 1)
        assert len(played.done) + played.undecided == 50

    @pytest.mark.parametrize("method", list(Method))
    def test_every_consensus_method_finds_most_truths(self, method: Method) -> None:
        assert run(fixed(3, consensus=method), SMALL, 4).accuracy > 0.8

    @settings(max_examples=15, deadline=None)
    @given(st.integers(1, 3), st.integers(0, 3), st.floats(0.5, 0.99), st.sampled_from([None, 1, 4]), st.integers(2, 4))
    def test_costs_are_what_was_counted(self, least: int, more: int, target: float, cap: int | None, classes: int) -> None:
        policy = Policy(overlap_min=least, overlap_max=least + more, target=target, exposure_cap=cap)
        figures = run(policy, Population(tasks=60, classes=classes), 5)
        money = (figures.answers_per_ticket + figures.golden_per_ticket) * 3 + figures.decisions_per_ticket * 15
        assert figures.cost_per_ticket == pytest.approx(money)
        assert figures.answers_per_ticket <= least + more
        assert figures.undecided or figures.answers_per_ticket >= least


class TestPolicies:
    def test_more_overlap_costs_more_and_is_right_more_often(self) -> None:
        figures = [run(fixed(overlap), SMALL, 3) for overlap in (1, 3, 5)]
        costs, accuracies = [one.cost_per_ticket for one in figures], [one.accuracy for one in figures]
        assert costs == sorted(costs)
        assert accuracies == sorted(accuracies)
        assert accuracies[2] > accuracies[0] + 0.05

    def test_golden_tasks_find_random_clickers_and_without_them_nobody_does(self) -> None:
        watched = run(Policy(), CLICKERS, 1)
        blind = run(Policy(golden_high=0, golden_low=0, audit_high=0, audit_low=0), CLICKERS, 1)
        assert watched.cheats_sanctioned == 8
        assert blind.cheats_sanctioned == blind.honest_sanctioned == 0
        assert blind.cheats_pay.median > 1.4 * watched.cheats_pay.median
        assert watched.accuracy > blind.accuracy

    def test_a_reckless_test_sanctions_honest_people_that_the_default_spares(self) -> None:
        honest = Population(tasks=1500, groups=(Group(name="honest", people=30, accuracy=0.9, spread=0.02),), hard=0)
        usual = run(fixed(1, golden_high=0.5, golden_low=0.5), honest, 1)
        reckless = run(fixed(1, golden_high=0.5, golden_low=0.5, good_accuracy=0.97, bad_accuracy=0.9, false_bad=0.4), honest, 1)
        assert usual.honest_sanctioned <= 1
        assert reckless.honest_sanctioned_per_1000 > 200

    def test_a_dynamic_overlap_saves_two_fifths_of_the_answers_for_a_point_of_accuracy(self) -> None:
        crowd = Population(tasks=1000, groups=(Group(name="honest", people=30), Group(name="random", kind=Kind.RANDOM, people=4)))
        full, dynamic = run(fixed(5), crowd, 2), run(Policy(overlap_min=2, target=0.95), crowd, 2)
        assert dynamic.answers_per_ticket < 0.6 * full.answers_per_ticket
        assert dynamic.accuracy > full.accuracy - 0.02

    def test_a_shared_list_is_worth_much_against_a_small_fixed_pool_and_little_against_a_cap(self) -> None:
        def bias(policy: Policy) -> float:
            ring = Group(name="ring", kind=Kind.COLLUDING, people=10, accuracy=0.95)
            crowd = Population(tasks=800, groups=(Group(name="honest", people=30), ring))
            found = group(run(policy, crowd, 1), "ring")
            return found.golden_accuracy - found.accuracy

        pool = bias(Policy(false_bad=1e-300, exposure_cap=None, golden_pool=25))
        capped = bias(Policy(false_bad=1e-300, exposure_cap=5))
        assert pool > 0.3
        assert capped < pool - 0.2

    def test_whoever_lets_go_is_found_by_the_others_answers_first_and_golden_tasks_then(self) -> None:
        fall = Group(name="fall", kind=Kind.CHANGING, people=6, accuracy=0.97, later=0.25, change_after=60, honest=False)
        crowd = Population(tasks=1500, groups=(Group(name="honest", people=8, accuracy=0.95), fall))
        found = group(run(Policy(overlap_min=2, golden_low=0, audit_low=0), crowd, 1), "fall")
        assert found.alarms >= 5
        assert found.sanctioned >= 5


class TestReport:
    def test_the_table_has_a_line_for_every_policy(self) -> None:
        lines = table([run(fixed(1), SMALL, 1), run(fixed(3), SMALL, 1)]).splitlines()
        assert [line.split("  ")[0] for line in lines[:3]] == ["policy", "fixed 1", "fixed 3"]

    def test_the_picture_is_svg_with_a_named_point_for_every_policy(self) -> None:
        figures = [run(fixed(overlap), SMALL, 1) for overlap in (1, 2)]
        figures.append(figures[0].model_copy(update={"policy": Policy(name="<b>&")}))
        drawn = ET.fromstring(picture(figures, "A & B"))
        tag = "{http://www.w3.org/2000/svg}"
        words = ["".join(text.itertext()) for text in drawn.iter(f"{tag}text")]
        assert {"A & B", "fixed 1", "fixed 2", "<b>&"} <= set(words)
        assert len([circle for circle in drawn.iter(f"{tag}circle") if len(circle)]) == 3
        places = {(text.get("x"), text.get("y")) for text in drawn.iter(f"{tag}text") if text.text in ("fixed 1", "<b>&")}
        assert len(places) == 2


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["piecework", "quality", "simulate", *words])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        printed = capsys.readouterr()
        return int(stopped.value.code or 0), printed.out, printed.err

    @pytest.fixture
    def small(self, tmp_path: Path) -> Path:
        path = tmp_path / "people.json"
        path.write_text('{"tasks": 80}')
        return path

    def test_it_prints_json_and_writes_three_files(self, capsys, monkeypatch, tmp_path: Path, small: Path) -> None:
        policy = tmp_path / "policy.json"
        policy.write_text('{"name": "mine", "overlap_max": 3}')
        out = tmp_path / "out" / "deep"
        words = ("--policy", str(policy), "--people", str(small), "--out", str(out), "--json", "--seed", "5")
        code, printed, _ = self.run(capsys, monkeypatch, *words)
        assert code == 0
        assert json.loads(printed)["policies"][0]["policy"]["name"] == "mine"
        assert json.loads((out / "figures.json").read_text()) == json.loads(printed)
        assert (out / "table.txt").read_text().splitlines()[1].startswith("mine")
        assert (out / "picture.svg").read_text().startswith("<svg")

    def test_without_a_policy_the_ladder_is_compared(self, capsys, monkeypatch, small: Path) -> None:
        code, printed, _ = self.run(capsys, monkeypatch, "--people", str(small))
        assert code == 0
        assert all(policy.name in printed for policy in LADDER)

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            ('{"overlap_min": 4, "overlap_max": 2}', "overlap_min is larger than overlap_max"),
            ('{"golden_hihg": 0.2}', "golden_hihg"),
            ('{"golden_low": 0.5}', "low rate is above its high rate"),
            ('{"bad_accuracy": 0.9}', "bad_accuracy is not below good_accuracy"),
            ('{"good_accuracy": 0.4}', "which counts as bad"),
            ('{"target": 1.5}', "target"),
            ('{"price": -1}', "price"),
            ("[]", "policy.json"),
            ("{", "policy.json"),
        ],
    )
    def test_a_bad_policy_is_one_line_and_exit_code_2(self, capsys, monkeypatch, tmp_path: Path, content: str, says: str) -> None:
        path = tmp_path / "policy.json"
        path.write_text(content)
        code, printed, wrong = self.run(capsys, monkeypatch, "--policy", str(path))
        assert (code, printed) == (2, "")
        assert says in wrong
        assert wrong.count("\n") == 1

    @pytest.mark.parametrize(
        "content",
        [
            '{"groups": []}',
            '{"classes": 1}',
            '{"groups": [{"name": "a", "people": 1}, {"name": "a", "people": 1}]}',
            '{"groups": [{"name": "a", "kind": "changing", "people": 1}]}',
            '{"groups": [{"name": "a", "people": 1, "later": 0.5}]}',
        ],
    )
    def test_a_bad_population_is_one_line_and_exit_code_2(self, capsys, monkeypatch, tmp_path: Path, content: str) -> None:
        path = tmp_path / "people.json"
        path.write_text(content)
        code, _, wrong = self.run(capsys, monkeypatch, "--people", str(path))
        assert code == 2
        assert wrong.count("\n") == 1

    def test_a_missing_file_and_an_unwritable_folder_are_one_line(self, capsys, monkeypatch, tmp_path: Path, small: Path) -> None:
        code, _, wrong = self.run(capsys, monkeypatch, "--policy", str(tmp_path / "none.json"))
        assert (code, wrong.count("\n")) == (2, 1)
        code, _, wrong = self.run(capsys, monkeypatch, "--people", str(small), "--out", str(small))
        assert (code, wrong.count("\n")) == (2, 1)


def test_a_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text("{}")
    assert command.read(path, Policy) == Policy()
