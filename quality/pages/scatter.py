"""A chart of points: one value against another, each point with its name."""

from collections.abc import Callable, Sequence

from piecework.platform.pages.charts import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Bar, Chart, Line, Path, Text

HEIGHT = 340
DOT = 10.0
LETTER = 6.6
Point = tuple[str, float, float, int]
"""Name, along, up, series."""
Say = Callable[[float], str]


def _marks(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = max(high - low, 0.02 * abs(high), 0.001)
    low, high = low - 0.06 * room, high + 0.06 * room
    return [low + (high - low) * place / 4 for place in range(5)]


def scatter(
    title: str,
    head: Sequence[str],
    points: Sequence[Point],
    along: Say,
    up: Say,
    legend: Sequence[str] = (),
    axes: Sequence[str] = (),
) -> Chart:
    """The points, the best for their cost joined by a line; `head` names the table's columns: name, along, up."""
    chart = Chart(title, head, [[name, along(x), up(y)] for name, x, y, _ in points], height=HEIGHT, legend=list(legend))
    if not points:
        return chart
    across, upward = _marks([x for _, x, _, _ in points]), _marks([y for _, _, y, _ in points])

    def x_at(value: float) -> float:
        return round(LEFT + (value - across[0]) / (across[-1] - across[0]) * (WIDTH - LEFT - RIGHT), 1)

    def y_at(value: float) -> float:
        bottom = HEIGHT - BOTTOM - 16
        return round(bottom - (value - upward[0]) / (upward[-1] - upward[0]) * (bottom - TOP), 1)

    for mark in upward:
        chart.grid.append(Line(LEFT, y_at(mark), WIDTH - RIGHT, y_at(mark)))
        chart.texts.append(Text(LEFT - 6, y_at(mark) + 4, up(mark), "end"))
    for place, mark in enumerate(across):
        anchor = "start" if place == 0 else "end" if place == len(across) - 1 else "middle"
        chart.texts.append(Text(x_at(mark), HEIGHT - BOTTOM + 2, along(mark), anchor))
    for place, words in enumerate(axes[:2]):
        chart.texts.append(
            Text((LEFT + WIDTH) / 2, HEIGHT - 8, words, "middle") if place == 0 else Text(LEFT + 4, TOP + 2, words, "start")
        )
    best, edge = float("-inf"), []
    for _, x, y, _ in sorted(points, key=lambda one: (one[1], -one[2])):
        if y > best:
            best = y
            edge.append(f"{x_at(x)},{y_at(y)}")
    chart.lines.append(Path("M" + " L".join(edge), 2))
    _dots(chart, [(name, x_at(x), y_at(y), series, f"{name}: {along(x)}, {up(y)}") for name, x, y, series in points])
    return chart


def _dots(chart: Chart, placed: Sequence[tuple[str, float, float, int, str]]) -> None:
    """The points and their names, moved up or down so that none covers another."""
    taken: list[tuple[float, float, float, float]] = []
    for _, x, y, series, words in sorted(placed, key=lambda one: -one[3]):  # what is first in the legend lies on top
        chart.bars.append(Bar(x - DOT / 2, y - DOT / 2, DOT, DOT, series, words))
    for name, x, y, _, _ in sorted(placed, key=lambda one: (one[3], one[2])):
        left = x + len(name) * LETTER + 12 > WIDTH
        start, end = (x - 10 - len(name) * LETTER, x - 10) if left else (x + 10, x + 10 + len(name) * LETTER)
        height = next(
            at
            for step in range(60)
            for at in (y + 4 + step * 5, y + 4 - step * 5)
            if all(at - 11 > bottom or at < top or start > right or end < begin for begin, right, top, bottom in taken)
        )
        taken.append((start, end, height - 11, height))
        chart.texts.append(Text(start if not left else end, round(height, 1), name, "end" if left else "start"))
