"""Judging values that come a second time, in the walk's memory, without disturbing what has come since. Pure.

A value that no later one has replaced is stored, whether the memory knows it or not: that the rules have seen it (it
was refused by the store, or the log was walked again with a mended catalogue) does not say that the store has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.bundle import Bundle, Value, Values
from ingest.catalog import Station
from ingest.flagged import Corrected, Group
from ingest.model import Delivery
from ingest.moments import MICROSECOND, to_micros
from ingest.quality import Limits, Timing, judge, rejudge, timing
from ingest.series import Arrival, Series
from ingest.validate import Claim

_REMEMBERED = 10_000  # readings whose order of arrival is known among redrives; corrections come near each other
_Place = tuple[str, str, str, int]  # station, parameter, period, instant
_Sensed = Callable[[Station, str, str], tuple[Series, Limits]]  # of a station's parameter and period


@dataclass(slots=True)
class Rejudged:
    """What the values of one delivery came to. `bundles` are those that evaluation has not seen."""

    bundles: list[Bundle] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    corrected: list[Corrected] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)  # parameters of which a later word stands
    brought: list[str] = field(default_factory=list)  # in `groups`, though another delivery brought the same


class Rewalk:
    """Remembers what redrives brought, so that they keep the order of arrival among themselves."""

    def __init__(self) -> None:
        self._brought: dict[_Place, tuple[int, int, float | None]] = {}  # first and newest position, value

    def judge(
        self, original: Delivery, position: int, station: Station, claims: Iterable[tuple[Claim, int]], sensed: _Sensed
    ) -> Rejudged:
        """Of claims with their instants in microseconds; `position` is where `original` first stood in the log."""
        found = Rejudged()
        for claim, micros in claims:
            when = timing(micros, to_micros(original.received_at), station.lateness // MICROSECOND)
            kept: list[Value] = []
            fresh: list[Value] = []
            for parameter, value in claim.values.items():
                mark = claim.marks.get(parameter, "N")
                series, limits = sensed(station, parameter, claim.period)
                place = (station.id, parameter, claim.period, micros)
                standing = Arrival.NEW if when is Timing.FUTURE else series.standing(micros, value)
                if standing is Arrival.CORRECTION:
                    if self._later(place, series, position):  # this one goes where first values go
                        found.superseded.append(parameter)
                        found.corrected.append((*place[1:], value))
                        continue
                    found.corrected.append((*place[1:], series.known(micros)))
                if self._remember(place, position, value):
                    found.brought.append(parameter)
                if standing is Arrival.DUPLICATE:
                    kept.append((parameter, value, *rejudge(limits, series, micros, value, mark, when)))
                    continue
                (flag, reason), _ = judge(limits, series, micros, value, mark, when)
                fresh.append((parameter, value, flag, reason))
                kept.append(fresh[-1])
            if kept:
                found.groups.append((claim.period, micros, Values.of(kept)))
            if fresh:
                of_what = (station.id, station.kind.value, claim.period, claim.instant, micros)
                found.bundles.append(Bundle(*of_what, original.received_at, Values.of(fresh)))
        return found

    def _later(self, place: _Place, series: Series, position: int) -> bool:
        """Whether what is known of that reading arrived after `position`: it did, but for what was redriven itself."""
        if place not in self._brought:
            return True
        _, newest, value = self._brought[place]
        return newest > position or series.standing(place[3], value) is not Arrival.DUPLICATE

    def _remember(self, place: _Place, position: int, value: float | None) -> bool:
        """Whether an earlier delivery brought the same value."""
        first, newest, known = self._brought.pop(place, (position, position, value))
        if known != value:
            first = position
        self._brought[place] = (min(first, position), max(newest, position), value)
        if len(self._brought) > _REMEMBERED:
            del self._brought[next(iter(self._brought))]
        return first < position

    def snapshot(self) -> list[list[Any]]:
        """Plain data for the checkpoint."""
        return [[*place, *known] for place, known in self._brought.items()]

    def restore(self, state: Iterable[list[Any]]) -> None:
        """Takes the memory over."""
        for *place, first, newest, value in state:
            station, parameter, period, micros = place
            self._brought[station, parameter, period, micros] = (first, newest, value)
