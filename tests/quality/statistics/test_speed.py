"""Speed: the model finds what made the times, scripts are named, quick people are not."""

import numpy as np
import pytest

from piecework.quality.statistics.speed import Speed, false_flags, fit, signals

PEOPLE = 80


def times(seed: int) -> dict[str, np.ndarray]:
    """Honest answers: two steps, long texts, people of different speeds, pauses."""
    rng = np.random.default_rng(seed)
    worker = np.repeat(np.arange(PEOPLE), 60)
    step = rng.integers(2, size=worker.size)
    length = rng.integers(150, 1500, size=worker.size)
    effect = rng.normal(0, 0.35, PEOPLE)
    effect -= np.median(effect)
    log = np.log([20, 60])[step] + np.array([0.3, 0.6])[step] * (np.log1p(length) - np.log(600)) + effect[worker]
    seconds = np.exp(log + rng.normal(0, 0.4, worker.size)) * np.where(rng.random(worker.size) < 0.05, 40, 1)
    return {"step": step, "worker": worker, "seconds": seconds, "length": length, "effect": effect}


def fitted(data: dict[str, np.ndarray]) -> Speed:
    return fit(data["step"], data["worker"], data["seconds"], data["length"], workers=PEOPLE)


def test_the_model_finds_steps_slopes_and_people_in_spite_of_pauses() -> None:
    data = times(1)
    found = fitted(data)
    assert np.abs(found.effect - data["effect"]).max() < 0.3
    assert np.abs(found.effect - data["effect"]).mean() < 0.08
    slopes = np.array([0.3, 0.6])[data["step"]]
    usual = np.array([20, 60])[data["step"]] * np.exp(slopes * (np.log1p(data["length"]) - np.log(600)))
    assert np.abs(np.log(found.usual / usual)).max() < 0.15


def test_a_script_is_named_and_its_answers_counted() -> None:
    data = times(2)
    data["seconds"][data["worker"] == 4] = 1.5
    (signal,) = signals(fitted(data))
    assert signal.people == (4,)
    assert signal.details["share"] > 0.9
    assert signal.details["median_seconds"] == 1.5
    assert "60 answers took less than 1.5 s" in signal.words


def test_people_twice_as_quick_as_usual_are_not_named_however_many() -> None:
    data = times(3)
    data["seconds"] = np.where(data["worker"] < 20, data["seconds"] / 2, data["seconds"])
    found = signals(fitted(data))
    assert found == []
    assert false_flags(found, range(20)) == 0


def test_where_all_are_fast_and_the_text_is_long_the_usual_time_is_the_measure() -> None:
    data = times(4)
    data["length"] = data["length"] * 100
    assert signals(fitted(data)) == []


def test_nothing_to_read_cannot_be_read_too_fast() -> None:
    data = times(5)
    data["length"] = np.zeros_like(data["length"])
    data["seconds"][data["worker"] == 4] = 0.3
    found = fitted(data)
    assert signals(found) == []
    assert (found.share == 0).all()


def test_few_answers_are_no_evidence() -> None:
    data = times(6)
    few = (data["worker"] != 4) | (np.cumsum(data["worker"] == 4) <= 9)
    data = {name: column[few] if column.size == few.size else column for name, column in data.items()}
    data["seconds"][data["worker"] == 4] = 1.5
    assert signals(fitted(data)) == []


def test_false_flags_are_a_share_of_the_accurate() -> None:
    data = times(7)
    data["seconds"][np.isin(data["worker"], (4, 9))] = 1.5
    found = signals(fitted(data))
    assert false_flags(found, [4, 5, 6, 7]) == 0.25
    assert np.isnan(false_flags(found, []))


def test_a_standing_compares_with_the_step() -> None:
    step, worker = np.zeros(9, dtype=int), np.repeat([0, 1, 2], 3)
    found = fit(step, worker, [10, 10, 10, 20, 20, 20, 40, 40, 40], np.full(9, 100), workers=4)
    own = found.standing(0, 0)
    assert own["answers"] == 3
    assert own["median_seconds"] == 10
    assert own["percentile"] == pytest.approx(100 / 6)
    assert found.standing(2, 0)["ratio"] / own["ratio"] == pytest.approx(4)
    with pytest.raises(ValueError, match="has not answered"):
        found.standing(3, 0)


def test_refuses_impossible_times() -> None:
    for seconds, length in (([-1.0], [10]), ([float("nan")], [10]), ([1.0], [-10])):
        with pytest.raises(ValueError, match="finite and not negative"):
            fit([0], [0], seconds, length, workers=1)
    with pytest.raises(ValueError, match="same length"):
        fit([0], [0, 1], [1.0], [10], workers=2)
    with pytest.raises(ValueError, match="numbered from 0"):
        fit([0], [5], [1.0], [10], workers=2)
