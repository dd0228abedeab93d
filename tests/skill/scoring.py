"""Scores against labels, by event: what was found, how late, and how often the alarm was false.

An alarm is raised where the score passes the threshold and ends once it has not for an hour. It is true where it is
raised within an event that none before it found; every other one is false, except a second one within the same event.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.skill.recordings import HOUR, Event

WEEK = 7 * 24 * HOUR
_QUIET = HOUR
_FRACTIONS = [10 ** (-5 + 0.06 * step) for step in range(70)]  # of the rows, for thresholds to try: 0.001 % to 14 %


class Part(NamedTuple):
    """One subject's scores over the rows that are judged, row by row, with what is labelled there."""

    instants: Sequence[int]
    scores: Sequence[float]
    events: Sequence[Event]

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.instants[-1] - self.instants[0]


class Tally(NamedTuple):
    """What a threshold comes to. `weeks` of recording, `delays` in minutes from an event's beginning."""

    events: int
    found: int
    false: int
    weeks: float
    delays: tuple[float, ...]

    @property
    def recall(self) -> float:
        """Of the events."""
        return self.found / self.events if self.events else 0.0

    @property
    def precision(self) -> float:
        """Of the alarms; 0 where there is none."""
        return self.found / (self.found + self.false) if self.found else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_a_week(self) -> float:
        """False alarms a week of recording."""
        return self.false / self.weeks

    @property
    def delay(self) -> float:
        """Median minutes from the beginning of an event to its alarm; NaN where none was found."""
        ordered = sorted(self.delays)
        return ordered[len(ordered) // 2] if ordered else float("nan")


class Swept(NamedTuple):
    """A threshold and what it comes to."""

    threshold: float
    tally: Tally


def tally(parts: Iterable[Part], threshold: float, *, stations: int) -> Tally:
    """All subjects by one threshold. `weeks` are those of the stations, however many subjects each has."""
    events = found = false = 0
    length = 0
    delays: list[float] = []
    parts = list(parts)
    for part in parts:
        events += len(part.events)
        length += part.length
        seen: set[int] = set()
        begins = [begin for begin, _ in part.events]
        for row in _raised(part, threshold):
            number = bisect_right(begins, row) - 1
            if number < 0 or row >= part.events[number][1]:
                false += 1
            elif number not in seen:
                seen.add(number)
                delays.append((part.instants[row] - part.instants[begins[number]]) / 60e6)
        found += len(seen)
    return Tally(events, found, false, length / WEEK * stations / len(parts), tuple(delays))


def sweep(parts: Sequence[Part], *, stations: int) -> list[Swept]:
    """At many thresholds, from the highest down."""
    ordered = sorted((score for part in parts for score in part.scores), reverse=True)
    thresholds = sorted({ordered[int(fraction * (len(ordered) - 1))] for fraction in _FRACTIONS}, reverse=True)
    return [Swept(threshold, tally(parts, threshold, stations=stations)) for threshold in thresholds]


def recall_within(swept: Iterable[Swept], budget: float) -> float:
    """The greatest recall with at most so many false alarms a week."""
    return max((one.tally.recall for one in swept if one.tally.false_a_week <= budget), default=0.0)


def _raised(part: Part, threshold: float) -> Iterator[int]:
    """Rows at which an alarm is raised."""
    over = [row for row, score in enumerate(part.scores) if score > threshold]
    yield from over[:1]
    for before, row in pairwise(over):
        if part.instants[row] - part.instants[before] > _QUIET:
            yield row
