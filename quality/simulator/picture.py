"""Accuracy against cost, one point a policy, as SVG that reads on light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from piecework.quality.simulator.report import Figures

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 84, 150, 64, 68
LABEL_HEIGHT = 15.0
LETTER = 7.0
STYLE = """
  .page { fill: #ffffff } .text { fill: #24292f; font: 13px system-ui, sans-serif } .title { font-size: 17px; font-weight: 600 }
  .faint { fill: #57606a } .grid { stroke: #d0d7de } .axis { stroke: #57606a } .lead { stroke: #8c959f }
  .fixed { fill: #57606a } .dynamic { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d } .axis { stroke: #9198a1 }
    .lead { stroke: #6e7681 } .fixed { fill: #9198a1 } .dynamic { fill: #58a6ff }
  }
"""


def picture(found: Sequence[Figures], title: str) -> str:
    """The SVG document; at least one policy."""
    across = _Axis([one.cost_per_ticket for one in found], LEFT, WIDTH - RIGHT)
    upward = _Axis([100 * one.accuracy for one in found], HEIGHT - BOTTOM, TOP)
    points = [(across.place(one.cost_per_ticket), upward.place(100 * one.accuracy), one) for one in found]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="text title" x="{LEFT}" y="30">{escape(title)}</text>',
        *_legend(),
        *(_line_up(across, tick) for tick in across.ticks),
        *(_line_across(upward, tick) for tick in upward.ticks),
        f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>',
        _title(f'x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 20}"', "cost per ticket: answers, golden answers, curators"),
        _title(f'transform="translate(24 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"', "tasks with the right result, %"),
        *_points(points),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axis:
    """Round ticks around the values, and where on the page a value is."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        room = max(high - low, 0.02 * abs(high), 0.1)
        raw = room / 5
        scale = 10.0 ** floor(log10(raw))
        step = next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= raw)
        first, last = floor((low - 0.04 * room) / step), ceil((high + 0.04 * room) / step)
        self.ticks = [step * number for number in range(first, last + 1)]
        self.digits = max(0, -floor(log10(step)))
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.start + (value - low) / (high - low) * (self.end - self.start)


def _line_up(axis: _Axis, tick: float) -> str:
    x, foot = axis.place(tick), HEIGHT - BOTTOM
    return (
        f'<path class="grid" d="M{x:.1f} {TOP}V{foot}"/>'
        f'<text class="text faint" x="{x:.1f}" y="{foot + 20}" text-anchor="middle">{tick:.{axis.digits}f}</text>'
    )


def _line_across(axis: _Axis, tick: float) -> str:
    y = axis.place(tick)
    return (
        f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="text faint" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.{axis.digits}f}</text>'
    )


def _title(place: str, words: str) -> str:
    return f'<text class="text" {place} text-anchor="middle">{words}</text>'


def _legend() -> list[str]:
    entries = (("fixed", "fixed overlap"), ("dynamic", "dynamic overlap"))
    return [
        f'<circle class="{kind}" cx="{LEFT + 6 + 130 * i}" cy="46" r="5"/>'
        f'<text class="text faint" x="{LEFT + 17 + 130 * i}" y="50">{words}</text>'
        for i, (kind, words) in enumerate(entries)
    ]


def _points(points: Sequence[tuple[float, float, Figures]]) -> list[str]:
    """The points, and their names beside them, moved apart so that none covers another."""
    drawn: list[str] = []
    taken = [_Box(x - 6, x + 6, y - 6, y + 6) for x, y, _ in points]
    for x, y, one in sorted(points, key=lambda point: (point[1], point[0])):
        kind = "fixed" if one.policy.overlap_min == one.policy.overlap_max else "dynamic"
        name = escape(one.policy.name)
        box, side = _free(x, y, len(one.policy.name) * LETTER, taken)
        taken.append(box)
        at = (box.top + box.bottom) / 2
        if abs(at - y) > 1:
            drawn.append(f'<path class="lead" d="M{x:.1f} {y:.1f}L{x + 9 * side:.1f} {at:.1f}"/>')
        drawn.append(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{name}: '
            f"{100 * one.accuracy:.1f} %, {one.cost_per_ticket:.2f}</title></circle>"
            f'<text class="text" x="{x + 11 * side:.1f}" y="{at + 4:.1f}" text-anchor="{"start" if side > 0 else "end"}">{name}</text>'
        )
    return drawn


@dataclass(frozen=True, slots=True)
class _Box:
    """A piece of the page that something covers."""

    left: float
    right: float
    top: float
    bottom: float

    def covers(self, other: "_Box") -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


def _free(x: float, y: float, width: float, taken: Sequence[_Box]) -> tuple[_Box, int]:
    """Where a name beside a point covers nothing, nearest to the point's height; 1 on its right, -1 on its left."""
    for offset in (sign * 4.0 * step for step in range(60) for sign in (1, -1)):
        for side in (1, -1):
            start, end = sorted((x + 9 * side, x + (11 + width) * side))
            box = _Box(start, end, y + offset - LABEL_HEIGHT / 2, y + offset + LABEL_HEIGHT / 2)
            if start > LEFT and not any(box.covers(other) for other in taken):
                return box, side
    return box, side
