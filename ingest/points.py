"""Points that are no readings, and measurement `warning` among them. Pure: what happened in, points out.

Times are microseconds. Names of fields and their types never change: counts and flags are integers, figures floats,
the rest is text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ingest.flagged import Summary
from ingest.model import COMPLETENESS, Flag, Period

WARNING = "warning"
QUALITY = "quality"
INDEX = "index"

_FLAGS = tuple(flag.name.lower() for flag in Flag)
_OF_AN_HOUR = (("drill", "false"), ("index", COMPLETENESS))
_HOURLY = ("period", Period.HOUR.value)


class Point(NamedTuple):
    """One point as every store keeps it, with its tags and fields. Measurement, tags and time say which it is."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, int | float | str], ...]
    at: int


class Told(Protocol):
    """What happened to a warning or a rule, as `alerts.chronicle` says it."""

    @property
    def record(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def drill(self) -> bool: ...
    @property
    def at(self) -> int: ...
    @property
    def numbers(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def answered_after(self) -> float | None: ...
    @property
    def words(self) -> tuple[tuple[str, str], ...]: ...


def warning_point(told: Told) -> Point:
    """`station` is the station's id, or the area's where the warning speaks of one, as for indices."""
    tags = (
        ("drill", str(told.drill).lower()),
        *((("kind", told.kind),) if told.kind else ()),
        ("record", told.record),
        ("rule", told.rule),
        ("station", told.subject),
    )
    answered = () if told.answered_after is None else (("answered_after", told.answered_after),)
    return Point(WARNING, tags, (*told.numbers, *answered, *told.words), told.at)


def summary_points(of: Summary) -> Iterator[Point]:
    """How a station's slot was, in `quality`; and the completeness of each parameter, 0 to 1, in `index`.

    Times are in seconds; what is not known is left out.
    """
    counts = zip(_FLAGS, of.counts, strict=True)
    times = () if of.lateness is None or of.skew is None else (("lateness", of.lateness), ("skew", of.skew))
    revision = ("revision", of.revision)
    fields = ((COMPLETENESS, of.completeness), *counts, *times, revision)
    yield Point(QUALITY, (("station", of.station),), fields, of.end)
    station = ("station", of.station)
    for parameter, share in of.shares.items():
        tags = (*_OF_AN_HOUR, ("parameter", parameter), _HOURLY, station)
        yield Point(INDEX, tags, (revision, ("value", share)), of.end)
