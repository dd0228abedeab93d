"""Curves, bands and the map as geometry in thousandths of the plot: they fit any width without small print. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerts.console.scale import Axis, axis, moments
from grafana.preview.frames import Row, Series
from grafana.preview.values import Reader, Shown, size

SIZE = 1000
_ZONE = ZoneInfo("Asia/Shanghai")
# Told apart by those who do not see red and green apart: Okabe and Ito's, without the yellow that is lost on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5d5d5d", "#7a5195", "#8c564b", "#17807e")


class Span(NamedTuple):
    """The stretch of time that is shown, milliseconds."""

    start: int
    end: int

    def x(self, at: float) -> float:
        """Thousandths from the left."""
        return round(SIZE * (at - self.start) / max(1, self.end - self.start), 1)


class Line(NamedTuple):
    """One series: a path, or dots where `dotted`."""

    name: str
    colour: str
    path: str
    dotted: bool
    newest: str


class Bar(NamedTuple):
    """A part of a column."""

    x: float
    width: float
    y: float
    height: float
    colour: str


class Plot(NamedTuple):
    """What a template draws; ticks are (per cent, label)."""

    lines: Sequence[Line]
    bars: Sequence[Bar]
    limits: Sequence[tuple[float, str, str]]
    across: Sequence[tuple[float, str]]
    up: Sequence[tuple[float, str]]
    marks: Sequence[tuple[float, str]]


def plot(
    panel: Mapping[str, Any], found: Sequence[Series], span: Span, reader: Reader, marks: Sequence[tuple[int, str]]
) -> Plot:
    """Lines with gaps where a stretch has no value; a rule's levels; warnings as marks."""
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults.get("custom", {}).get("stacking", {}).get("mode") == "normal"
    steps = [step for step in defaults.get("thresholds", {}).get("steps", ()) if step["value"] is not None]
    scale = axis([*_values(found, stacked=stacked), *(step["value"] for step in steps), *_soft(defaults)])
    colours = [_colour(one, number) for number, one in enumerate(found)]
    return Plot(
        lines=[
            Line(
                one.name,
                colour,
                "" if stacked else _path(one, span, scale, _gap(one, defaults)),
                one.properties.get("custom.drawStyle") == "points",
                reader.shown(_last(one), {**defaults, **one.properties, "mappings": ()}).text,
            )
            for one, colour in zip(found, colours, strict=True)
        ],
        bars=list(_bars(found, colours, span, scale)) if stacked else [],
        limits=[(_y(step["value"], scale), step["color"], f"{step['value']:g}") for step in steps],
        across=_ticks(span),
        up=[(_y(value, scale) / 10, label) for value, label in _labelled(scale, defaults)],
        marks=[(span.x(at) / 10, text) for at, text in marks if span.start <= at <= span.end],
    )


def _labelled(scale: Axis, defaults: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    for value, label in scale.ticks:
        match defaults.get("unit"):
            case "percentunit":
                yield value, f"{value:.0%}"
            case "bytes":
                yield value, size(value)
            case _:
                yield value, label


def _values(found: Sequence[Series], *, stacked: bool) -> list[float]:
    if not stacked:
        return [value for one in found for _, value in one.points if value is not None]
    sums: dict[int, float] = {}
    for one in found:
        for at, value in one.points:
            sums[at] = sums.get(at, 0) + (value or 0)
    return [0, *sums.values()]


def _soft(defaults: Mapping[str, Any]) -> list[float]:
    custom = defaults.get("custom", {})
    return [custom[name] for name in ("axisSoftMin", "axisSoftMax") if custom.get(name) is not None]


def _colour(one: Series, number: int) -> str:
    fixed = one.properties.get("color", {}).get("fixedColor")
    return str(fixed) if fixed else PALETTE[number % len(PALETTE)]


def _gap(one: Series, defaults: Mapping[str, Any]) -> float:
    """Milliseconds without a value after which a line ends."""
    said = one.properties.get("custom.insertNulls", defaults.get("custom", {}).get("insertNulls"))
    return float(said) if said else inf


def _path(one: Series, span: Span, scale: Axis, gap: float) -> str:
    """What stands alone is a dot, as with Grafana."""
    dotted = one.properties.get("custom.drawStyle") == "points"
    parts: list[str] = []
    before, alone = -inf, False
    for at, value in one.points:
        if value is None:
            before = -inf
            continue
        x, y = span.x(at), _y(value, scale)
        begins = dotted or at - before > gap or before == -inf
        if begins and alone and not dotted:
            parts.append("h0")
        parts.append(f"M{x} {y}h0" if dotted else f"{'M' if begins else 'L'}{x} {y}")
        before, alone = at, begins
    return "".join([*parts, "h0"] if alone and not dotted else parts)


def _bars(found: Sequence[Series], colours: Sequence[str], span: Span, scale: Axis) -> Iterator[Bar]:
    times = sorted({at for one in found for at, _ in one.points})
    apart = min((later - at for at, later in pairwise(times)), default=span.end - span.start)
    width = SIZE * apart / max(1, span.end - span.start)
    base: dict[int, float] = {}
    for one, colour in zip(found, colours, strict=True):
        for at, value in one.points:
            if value:
                below = base.get(at, 0.0)
                base[at] = below + value
                top = _y(below + value, scale)
                left, right = max(0.0, span.x(at)), min(float(SIZE), span.x(at) + width * 0.82)
                if left < right:  # a stretch that began before the range is drawn as far as it lies in it
                    yield Bar(left, round(right - left, 1), top, round(_y(below, scale) - top, 1), colour)


def _y(value: float, scale: Axis) -> float:
    return round(SIZE * (1 - scale.share(value)), 1)


def _last(one: Series) -> float | None:
    return next((value for _, value in reversed(one.points) if value is not None), None)


def _ticks(span: Span) -> list[tuple[float, str]]:
    start, end = (datetime.fromtimestamp(at / 1000, UTC) for at in span)
    return [(span.x(moment.timestamp() * 1000) / 10, label) for moment, label in moments(start, end, _ZONE)]


class Band(NamedTuple):
    """One series of states: (left, width in per cent, what it says)."""

    name: str
    parts: Sequence[tuple[float, float, Shown]]


def bands(
    panel: Mapping[str, Any], found: Sequence[Series], span: Span, reader: Reader
) -> tuple[list[Band], list[tuple[float, str]]]:
    """States that hold until the next one comes; those that say the same are one."""
    defaults = panel["fieldConfig"]["defaults"]
    made = []
    for one in found:
        known = [(at, reader.shown(value, {**defaults, **one.properties})) for at, value in one.points]
        runs: list[tuple[float, float, Shown]] = []
        since: tuple[int, Shown] | None = None
        for at, shown in [*known, (span.end, Shown("", "?"))]:
            if since is not None and shown != since[1]:
                if since[1].text:
                    left = max(0.0, span.x(since[0]) / 10)
                    runs.append((left, round(span.x(min(at, span.end)) / 10 - left, 2), since[1]))
                since = None
            if since is None and (shown.text or shown.colour != "?"):
                since = (at, shown)
        made.append(Band(one.name, [run for run in runs if run[1] > 0]))
    return made, _ticks(span)


class Spot(NamedTuple):
    """A station on the map, in per cent."""

    x: float
    y: float
    name: str
    shown: Shown
    about: str


class Ground(NamedTuple):
    """The map: areas as SVG paths in thousandths, and stations."""

    areas: Sequence[tuple[str, str]]
    spots: Sequence[Spot]
    ratio: float  # width by height


def ground(
    outline: Mapping[str, Any], placed: Sequence[Row], properties: Mapping[str, Mapping[str, Any]], reader: Reader
) -> Ground:
    """Longitude and latitude as they are: over a district that is as good as a projection."""
    rings = [(one["properties"]["name"], one["geometry"]["coordinates"][0]) for one in outline["features"]]
    placed = [one for one in placed if one.get("lat") is not None]
    corners = [*((x, y) for _, ring in rings for x, y in ring), *((one["lon"], one["lat"]) for one in placed)] or [
        (0.0, 0.0)
    ]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    bottom, top = min(y for _, y in corners), max(y for _, y in corners)
    wide, high = (right - left) or 1.0, (top - bottom) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return round((x - left) / wide * SIZE, 1), round((top - y) / high * SIZE, 1)

    return Ground(
        areas=[(name, "M" + "L".join("{} {}".format(*at(*point)) for point in ring) + "Z") for name, ring in rings],
        spots=[
            Spot(
                at(one["lon"], one["lat"])[0] / 10,
                at(one["lon"], one["lat"])[1] / 10,
                reader.shown(one["station"], properties["station"]).text,
                reader.shown(one["rank"], properties["rank"]),
                reader.shown(one.get("heard"), properties["heard"]).text,
            )
            for one in placed
        ],
        ratio=wide / high,
    )  # fmt: skip
