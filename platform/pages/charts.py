"""Charts as plain shapes for `chart.html`: server-made SVG that prints and reads without script, with a table behind it.

Coordinates are in the drawing's own units (720 wide); colours are the stylesheet's, by the number of the series.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

WIDTH = 720
HEIGHT = 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 30
MOST_LABELS = 12
MOST_WIDE = 72
"""No bar is wider: two of them are no wall."""
MOST_LEFT = 280
"""So wide is the room for names beside bars at most."""
LETTER = 7
"""So wide is a letter of a label, on average."""

Number = float | int | None
Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `opacity` shades a cell of a heat map."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str
    opacity: float | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """A line or an area."""

    path: str
    series: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Text:
    """A label; `kind` is its class."""

    x: float
    y: float
    text: str
    anchor: str
    kind: str = "label"


@dataclass(slots=True)
class Chart:
    """What `chart.html` draws."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    height: int = HEIGHT
    width: int = WIDTH
    legend: Sequence[str] = ()
    grid: list[Line] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    lines: list[Path] = field(default_factory=list)
    areas: list[Path] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def _steps(low: float, high: float) -> list[float]:
    """Round marks from at most `low` to at least `high`: four to six of them."""
    span = (high - low) or 1.0
    raw = span / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _table(labels: Sequence[str], series: Mapping[str, Sequence[Number]], say: Say) -> list[list[str]]:
    return [
        [label, *("—" if (value := values[at]) is None else say(value) for values in series.values())]
        for at, label in enumerate(labels)
    ]


def _frame(
    chart: Chart, labels: Sequence[str], values: Sequence[float], say: Say, low: float | None
) -> tuple[Callable[[float], float], float, float]:
    """Grid, marks and labels; returns where a value is, from top to bottom, where the room of the first label begins, and how wide each is."""
    least = min([*values, *([] if low is None else [low])], default=0.0)
    marks = _steps(least, max(values, default=1.0))
    top, bottom = TOP, chart.height - BOTTOM
    left = max(LEFT, LETTER * max(len(say(mark)) for mark in marks) + 14)

    def at(value: float) -> float:
        return round(bottom - (value - marks[0]) / (marks[-1] - marks[0]) * (bottom - top), 1)

    for mark in marks:
        chart.grid.append(Line(left, at(mark), WIDTH - RIGHT, at(mark)))
        chart.texts.append(Text(left - 6, at(mark) + 4, say(mark), "end"))
    width = (WIDTH - left - RIGHT) / max(1, len(labels))
    fitting = (WIDTH - left - RIGHT) // (LETTER * max(map(len, labels), default=1) + LETTER)  # side by side, without touching
    every = max(1, math.ceil(len(labels) / max(1, min(MOST_LABELS, fitting))))
    for place, label in enumerate(labels):
        if place % every == 0:
            chart.texts.append(Text(round(left + width * (place + 0.5), 1), chart.height - 10, label, "middle"))
    return at, left, width


def bars(
    title: str, first: str, labels: Sequence[str], series: Mapping[str, Sequence[Number]], say: Say = "{:g}".format
) -> Chart:
    """Bars beside each other, from zero; `first` heads the table's column of labels."""
    chart = Chart(title, [first, *series], _table(labels, series, say), legend=list(series))
    known = [value for values in series.values() for value in values if value is not None]
    at, left, slot = _frame(chart, labels, known, say, 0.0)
    width = min(MOST_WIDE, slot * 0.8 / max(1, len(series)))
    for number, (name, values) in enumerate(series.items()):
        for place, value in enumerate(values):
            if value is None:
                continue
            x = left + slot * (place + 0.5) + width * (number - len(series) / 2)
            y, zero = at(max(value, 0)), at(min(value, 0))
            chart.bars.append(
                Bar(round(x, 1), y, round(width, 1), round(zero - y, 1), number, f"{labels[place]}, {name}: {say(value)}")
            )
    return chart


def across(
    title: str, first: str, labels: Sequence[str], series: Mapping[str, Sequence[Number]], say: Say = "{:g}".format
) -> Chart:
    """Bars from left to right, from zero, under each other: each label beside its own; what is too long is cut, and whole in the table.

    For things with names; what follows in time is drawn by `bars`. Negative values are not drawn, but stand in the table.
    """
    bar, gap, foot = 13, 12, 26
    slot = bar * max(1, len(series)) + gap
    left = min(MOST_LEFT, LETTER * max(map(len, labels), default=1) + 16)
    chart = Chart(
        title, [first, *series], _table(labels, series, say), legend=list(series), height=slot * len(labels) + foot + TOP
    )
    most = max((value for values in series.values() for value in values if value is not None), default=1.0)
    marks = _steps(0.0, max(most, 0.0))
    unit = (WIDTH - RIGHT - left) / marks[-1]
    bottom = chart.height - foot
    for mark in marks:
        x = round(left + mark * unit, 1)
        chart.grid.append(Line(x, TOP, x, bottom))
        chart.texts.append(Text(x, chart.height - 8, say(mark), "end" if mark == marks[-1] else "middle"))
    for place, label in enumerate(labels):
        y = TOP + slot * place + gap / 2
        chart.texts.append(Text(left - 8, round(y + (slot - gap) / 2 + 4, 1), _cut(label), "end"))
        for number, (name, values) in enumerate(series.items()):
            value = values[place]
            if value is not None and value > 0:
                chart.bars.append(
                    Bar(left, y + bar * number, round(value * unit, 1), bar - 2, number, f"{label}, {name}: {say(value)}")
                )
    return chart


def _cut(label: str) -> str:
    most = MOST_LEFT // LETTER - 2
    return label if len(label) <= most else label[: most - 1] + "…"


def lines(
    title: str,
    first: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Number]],
    say: Say = "{:g}".format,
    *,
    band: tuple[Sequence[Number], Sequence[Number]] | None = None,
    low: float | None = None,
) -> Chart:
    """Lines over equal steps; None is a hole. `band` is shaded from its lower to its upper values; `low` is on the axis whatever comes."""
    chart = Chart(title, [first, *series], _table(labels, series, say), legend=list(series))
    known = [value for values in (*series.values(), *(band or ())) for value in values if value is not None]
    at, left, slot = _frame(chart, labels, known, say, low)

    def x(place: int) -> float:
        return round(left + slot * (place + 0.5), 1)

    if band is not None:
        both = [
            (place, below, above)
            for place, (below, above) in enumerate(zip(*band, strict=True))
            if below is not None and above is not None
        ]
        edge = [f"{x(place)},{at(above)}" for place, _, above in both] + [
            f"{x(place)},{at(below)}" for place, below, _ in reversed(both)
        ]
        if edge:
            chart.areas.append(Path(f"M{' L'.join(edge)} Z", 0))
    for number, values in enumerate(series.values()):
        path, pen = [], "M"
        for place, value in enumerate(values):
            if value is None:
                pen = "M"
                continue
            path.append(f"{pen}{x(place)},{at(value)}")
            pen = "L"
        chart.lines.append(Path(" ".join(path), number))
    return chart


def heat(
    title: str,
    first: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Number]],
    say: Say = "{:g}".format,
) -> Chart:
    """A heat map: the darker, the more; the figure stands in each cell."""
    row_height, head = 34, 26
    left = 150
    table = [[name, *("—" if value is None else say(value) for value in line)] for name, line in zip(rows, values, strict=True)]
    chart = Chart(title, [first, *columns], table, height=head + row_height * len(rows) + 6)
    most = max((value for line in values for value in line if value is not None), default=1) or 1
    width = (WIDTH - left - RIGHT) / max(1, len(columns))
    for place, column in enumerate(columns):
        chart.texts.append(Text(round(left + width * (place + 0.5), 1), head - 8, column[:18], "middle"))
    for down, (name, line) in enumerate(zip(rows, values, strict=True)):
        y = head + row_height * down
        chart.texts.append(Text(left - 8, y + row_height / 2 + 4, name[:22], "end"))
        for place, value in enumerate(line):
            if value is None:
                continue
            share = round(0.06 + 0.64 * value / most, 3)
            x = round(left + width * place, 1)
            chart.bars.append(
                Bar(x, y, round(width - 2, 1), row_height - 2, 0, f"{name} → {columns[place]}: {say(value)}", share)
            )
            chart.texts.append(Text(round(x + width / 2, 1), y + row_height / 2 + 4, say(value), "middle", "cell"))
    return chart
