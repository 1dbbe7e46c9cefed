"""`piecework quality consensus`: real files through the real command."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from piecework.platform import cli

GOOD = "task,worker,label\nt1,ann,cat\nt1,bob,cat\nt1,eve,dog\nt2,ann,dog\nt2,bob,dog\nt2,eve,dog\n"

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a folder of its own; gives the exit code and what stood on stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, labels: str | bytes = GOOD, gold: str | bytes | None = None) -> tuple[int, str]:
        given = ["labels.csv", "--out", "out.csv", "--workers", "workers.csv"]
        for name, text in (("labels.csv", labels), ("gold.csv", gold)):
            if text is not None:
                (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        if gold is not None:
            given += ["--gold", "gold.csv"]
        monkeypatch.setattr(sys, "argv", ["piecework", "quality", "consensus", *given, *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        assert isinstance(code, int)
        return code, capsys.readouterr().err

    return call


def rows(name: str) -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestGoodFiles:
    def test_the_two_files_hold_what_was_promised(self, run: Run) -> None:
        assert run() == (0, "")
        tasks, workers = rows("out.csv"), rows("workers.csv")
        assert [(row["task"], row["label"]) for row in tasks] == [("t1", "cat"), ("t2", "dog")]
        assert list(tasks[0]) == ["task", "label", "confidence"]
        assert all(0.5 < float(row["confidence"]) < 1 for row in tasks)
        assert list(workers[0]) == ["worker", "accuracy", "low", "high", "answers"]
        assert [(row["worker"], row["answers"]) for row in workers] == [("ann", "2"), ("bob", "2"), ("eve", "2")]
        assert all(0 < float(row["low"]) < float(row["accuracy"]) < float(row["high"]) < 1 for row in workers)
        assert float(workers[2]["accuracy"]) < float(workers[0]["accuracy"])

    def test_rows_come_in_the_order_of_first_appearance(self, run: Run) -> None:
        run(labels="task,worker,label\nz,w2,b\na,w9,a\nz,w1,b\nm,w2,a\n")
        assert [row["task"] for row in rows("out.csv")] == ["z", "a", "m"]
        assert [row["worker"] for row in rows("workers.csv")] == ["w2", "w9", "w1"]

    def test_the_same_files_give_the_same_bytes(self, run: Run) -> None:
        run()
        first = Path("out.csv").read_bytes(), Path("workers.csv").read_bytes()
        run()
        assert first == (Path("out.csv").read_bytes(), Path("workers.csv").read_bytes())

    @pytest.mark.parametrize(
        "labels",
        [
            "\ufeff" + GOOD,
            GOOD.replace("\n", "\r\n"),
            GOOD.rstrip("\n"),
            GOOD.replace("\n", "\n\n"),
            "label,seconds,task,worker,note\n"
            + "".join(f'{row[2]},3,{row[0]},{row[1]},"a,b"\n' for row in csv.reader(GOOD.splitlines()[1:])),
            GOOD.replace("t1,ann,cat\n", "t1,ann,cat\nt1,ann,cat\n"),
        ],
        ids=["byte order mark", "windows", "no last newline", "empty lines", "further columns", "an answer twice"],
    )
    def test_other_ways_to_write_the_same_answers_give_the_same(self, run: Run, labels: str) -> None:
        run()
        expected = rows("out.csv"), rows("workers.csv")
        assert run(labels=labels) == (0, "")
        assert (rows("out.csv"), rows("workers.csv")) == expected

    def test_labels_may_be_any_text(self, run: Run) -> None:
        run(labels='task,worker,label\n"line\none","О’Нил, А.","да ""нет"""\n')
        assert [(row["task"], row["label"]) for row in rows("out.csv")] == [("line\none", 'да "нет"')]
        assert rows("workers.csv")[0]["worker"] == "О’Нил, А."

    def test_golden_answers_are_certain_and_count_for_people(self, run: Run) -> None:
        run()
        before = {row["worker"]: float(row["accuracy"]) for row in rows("workers.csv")}
        run(gold="task,label\nt1,dog\nelsewhere,cat\n")
        assert rows("out.csv")[0] == {"task": "t1", "label": "dog", "confidence": "1.000000"}
        after = {row["worker"]: float(row["accuracy"]) for row in rows("workers.csv")}
        assert after["eve"] > before["eve"]
        assert after["ann"] < before["ann"]

    def test_a_golden_label_that_nobody_gave_is_the_consensus(self, run: Run) -> None:
        run(gold="label,task\nbird,t1\n")
        assert rows("out.csv")[0]["label"] == "bird"

    def test_a_file_without_answers_gives_files_without_rows(self, run: Run) -> None:
        assert run(labels="task,worker,label\n") == (0, "")
        assert rows("out.csv") == rows("workers.csv") == []

    @pytest.mark.parametrize("method", ["auto", "majority", "weighted", "one-coin", "dawid-skene", "ebcc", "glad"])
    def test_every_method_can_be_named(self, run: Run, method: str) -> None:
        assert run("--method", method) == (0, "")
        assert [row["label"] for row in rows("out.csv")] == ["cat", "dog"]

    def test_another_answer_of_a_worker_to_a_task_counts_too(self, run: Run) -> None:
        assert run(labels=GOOD + "t2,eve,cat\n") == (0, "")
        assert rows("workers.csv")[2]["answers"] == "3"

    def test_it_runs_as_a_program_without_any_server(self, tmp_path: Path) -> None:
        (tmp_path / "labels.csv").write_text(GOOD)
        order = [sys.executable, "-m", "piecework.platform.cli", "quality", "consensus", "labels.csv"]
        order += ["--out", "out.csv", "--workers", "workers.csv"]
        environment = os.environ | {"DATABASE_URL": "none"}
        done = subprocess.run(order, cwd=tmp_path, capture_output=True, text=True, env=environment, check=True)
        assert "tasks 2, workers 3, answers 6, golden 0, method auto" in done.stdout
        assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "out.csv", "workers.csv"]


HEADER = "task,worker,label\n"
BROKEN = {
    "empty file": ("", "labels.csv, line 1: there is no column task"),
    "missing column": ("task,label\nt1,cat\n", "labels.csv, line 1: there is no column worker"),
    "column twice": ("task,worker,label,task\nt1,a,b,t1\n", "labels.csv, line 1: there are two columns task"),
    "semicolons": ("task;worker;label\nt1;a;b\n", "labels.csv, line 1: there is no column task"),
    "too few cells": (GOOD + "t3,ann\n", "labels.csv, line 8: has 2 cells where the header has 3"),
    "too many cells": (HEADER + "t1,a,b\n\nt1,c,b,9\n", "labels.csv, line 4: has 4 cells where the header has 3"),
    "empty task": (HEADER + "t1,a,b\n,c,b\n", "labels.csv, line 3: the cell of task is empty"),
    "blank worker": (HEADER + "t1,a,b\nt2,  ,b\nt3,,c\n", "labels.csv, line 3: the cell of worker is empty"),
    "empty label": (HEADER + "t1,a,\n", "labels.csv, line 2: the cell of label is empty"),
    "not UTF-8": (GOOD.encode() + b"t3,ann,\xff\xfe\n", "labels.csv, line 8: is not UTF-8"),
    "open quote": (GOOD + 't3,"ann,cat\n', "labels.csv, line 8: is not CSV"),
    "text after a quote": (HEADER + 't1,"a"x,b\n', "labels.csv, line 2: is not CSV"),
}
BROKEN_GOLD = {
    "missing column": ("task\nt1\n", "gold.csv, line 1: there is no column label"),
    "cells": ("task,label\nt1\n", "gold.csv, line 2: has 1 cells where the header has 2"),
    "empty label": ("task,label\nt1,\n", "gold.csv, line 2: the cell of label is empty"),
    "two truths": (
        "task,label\nt1,cat\nt2,dog\nt1,dog\n",
        "gold.csv, line 4: task 't1' has the label 'dog', but 'cat' on line 2",
    ),
    "other tasks": ("task,label\nx1,cat\n", "gold.csv: none of its tasks is among the answers"),
    "not UTF-8": (b"task,label\n\xe9,cat\n", "gold.csv, line 2: is not UTF-8"),
}


class TestBrokenFiles:
    def refused(self, found: tuple[int, str], message: str, *kept: str) -> None:
        code, said = found
        assert code == 2
        assert message in said
        assert said.startswith("piecework: ")
        assert said.count("\n") == 1
        assert sorted(path.name for path in Path().iterdir()) == sorted(kept)

    @pytest.mark.parametrize("name", BROKEN)
    def test_broken_answers_are_refused_in_one_line_and_nothing_is_written(self, run: Run, name: str) -> None:
        labels, message = BROKEN[name]
        self.refused(run(labels=labels), message, "labels.csv")

    @pytest.mark.parametrize("name", BROKEN_GOLD)
    def test_broken_golden_answers_are_refused_likewise(self, run: Run, name: str) -> None:
        gold, message = BROKEN_GOLD[name]
        self.refused(run(gold=gold), message, "gold.csv", "labels.csv")

    def test_a_broken_line_far_down_is_named(self, run: Run) -> None:
        many = HEADER + "".join(f"t{i},w{i % 7},{i % 3}\n" for i in range(2000))
        self.refused(run(labels=many + "t9,w1\n"), "labels.csv, line 2002: has 2 cells", "labels.csv")

    def test_a_file_that_is_not_there(self, run: Run) -> None:
        self.refused(run("--gold", "nowhere.csv"), "nowhere.csv: cannot be read", "labels.csv")

    def test_a_folder_that_is_not_there(self, run: Run) -> None:
        self.refused(run("--out", "nowhere/out.csv"), "nowhere", "labels.csv")

    def test_too_many_classes_for_a_method(self, run: Run) -> None:
        many = HEADER + "".join(f"t{i},w{i % 7},label {i}\n" for i in range(5000))
        self.refused(run("--method", "dawid-skene", labels=many), "labels.csv: too many classes", "labels.csv")

    def test_what_is_read_is_never_written_over(self, run: Run) -> None:
        self.refused(run("--out", "labels.csv"), "must all be different", "labels.csv")
        assert Path("labels.csv").read_text() == GOOD

    def test_earlier_results_stay_as_they_were(self, run: Run) -> None:
        run()
        before = Path("out.csv").read_bytes()
        self.refused(run(labels=HEADER + "t1,a\n"), "line 2", "labels.csv", "out.csv", "workers.csv")
        assert Path("out.csv").read_bytes() == before

    def test_one_file_that_cannot_be_written_keeps_the_other_from_being_replaced(self, run: Run) -> None:
        Path("workers.csv").mkdir()
        self.refused(run(), "workers.csv: is a folder", "labels.csv", "workers.csv")
