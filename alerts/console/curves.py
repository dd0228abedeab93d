"""A series as the geometry of a small SVG: lines, marks, gaps, a limit. Pure; never raises, whatever the values.

What is doubtful is told by shape, not by colour alone. Failed values are shown, at the edge where they lie far out, but
neither stretch the scale nor carry the line; a stretch without data is a gap, never a line across it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from alerts.console.scale import Axis, axis, moments
from alerts.model import Quality
from alerts.ports import Point

WIDTH, HEIGHT = 420, 150  # user units: small enough that labels stay readable on a phone, see console.css
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 22
_DOTS_UP_TO = 72  # more would run into each other


class Shape(StrEnum):
    """How a value is marked."""

    DOT = "dot"
    SUSPECT = "suspect"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked value."""

    x: float
    y: float
    shape: Shape


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid, at `at` user units, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Everything a template needs; no text but the ticks' labels. Units: SVG user units."""

    lines: tuple[str, ...]
    marks: tuple[Mark, ...]
    gaps: tuple[tuple[float, float], ...]  # (x, width)
    limit: float | None  # y of the limit
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    count: int
    lowest: float | None
    highest: float | None
    width: int = WIDTH
    height: int = HEIGHT


def curve(
    points: Sequence[Point],
    *,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    interval: timedelta = timedelta(0),
    limit: float | None = None,
) -> Curve:
    """Draws the points between `start` and `end`; `interval` is what lies between two of them, zero if unknown."""
    inside = sorted((point for point in points if start <= point.instant <= end), key=lambda point: point.instant)
    known = [(point, point.value) for point in inside if point.value is not None and math.isfinite(point.value)]
    trusted = [value for point, value in known if point.flag != Quality.FAIL]
    shown_limit = limit if limit is not None and math.isfinite(limit) else None
    ground = trusted or [value for _, value in known]
    scale = axis([*ground, *([shown_limit] if shown_limit is not None else [])])
    plot = _Plot(start, end, scale)
    widest = 1.5 * max(interval, _usual_step(inside))
    runs = list(_runs(known, inside, widest))
    return Curve(
        lines=tuple(plot.line(run) for run in runs if len(run) > 1),
        marks=tuple(_marks(plot, known, runs)),
        gaps=tuple(_gaps(plot, [point.instant for point, _ in known], widest)),
        limit=None if shown_limit is None else plot.y(shown_limit),
        across=tuple(Tick(plot.x(moment), label) for moment, label in moments(start, end, zone)),
        up=tuple(Tick(plot.y(value), label) for value, label in scale.ticks),
        count=len(known),
        lowest=min((value for _, value in known), default=None),
        highest=max((value for _, value in known), default=None),
    )


_Known = tuple[Point, float]


@dataclass(frozen=True, slots=True)
class _Plot:
    start: datetime
    end: datetime
    scale: Axis

    def x(self, moment: datetime) -> float:
        span = self.end - self.start
        share = (moment - self.start) / span if span > timedelta(0) else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(TOP + (1 - self.scale.share(value)) * (HEIGHT - TOP - BOTTOM), 1)

    def line(self, run: Sequence[_Known]) -> str:
        """An SVG path through a run of values."""
        return "M" + "L".join(f"{self.x(point.instant)} {self.y(value)}" for point, value in run)


def _usual_step(points: Sequence[Point]) -> timedelta:
    """The median distance: a series slower than its station's interval is not all gaps."""
    steps = sorted(later.instant - earlier.instant for earlier, later in pairwise(points))
    return steps[len(steps) // 2] if steps else timedelta(0)


def _runs(known: Sequence[_Known], inside: Sequence[Point], widest: timedelta) -> Iterator[list[_Known]]:
    """Values that a line may join: not failed, none missing between them, not too far apart."""
    values = {id(point): value for point, value in known if point.flag != Quality.FAIL}
    run: list[_Known] = []
    for point in inside:
        value = values.get(id(point))
        apart = bool(run) and point.instant - run[-1][0].instant > widest
        if run and (value is None or apart):
            yield run
            run = []
        if value is not None:
            run.append((point, value))
    if run:
        yield run


def _marks(plot: _Plot, known: Sequence[_Known], runs: Sequence[Sequence[_Known]]) -> Iterator[Mark]:
    alone = {id(run[0][0]) for run in runs if len(run) == 1}
    dots = len(known) <= _DOTS_UP_TO
    for point, value in known:
        match point.flag:
            case Quality.FAIL:
                yield Mark(plot.x(point.instant), plot.y(value), Shape.FAIL)
            case Quality.SUSPECT:
                yield Mark(plot.x(point.instant), plot.y(value), Shape.SUSPECT)
            case _ if dots or id(point) in alone:
                yield Mark(plot.x(point.instant), plot.y(value), Shape.DOT)
            case _:
                pass


def _gaps(plot: _Plot, instants: Sequence[datetime], widest: timedelta) -> Iterator[tuple[float, float]]:
    """Stretches longer than `widest` without a value, the edges of the plot counted as values."""
    if not instants:
        return
    for earlier, later in pairwise((plot.start, *instants, plot.end)):
        if later - earlier > widest:
            yield plot.x(earlier), round(plot.x(later) - plot.x(earlier), 1)
