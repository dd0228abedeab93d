"""How fast the water runs where that is measured, and which velocities follow for what is on its way. Pure.

The newest measurement strictly before a moment speaks for it, so the order of the parameters in a message does not
matter; and the same measurements give the same arrivals in whatever order they come. Times are in microseconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from alerts import durations
from alerts.travel import Reach


class Current:
    """The velocities measured at one station, m/s, for `keep` microseconds.

    `asked` is the latest moment that anything was worked out for: a measurement of then or later changes nothing yet.
    """

    __slots__ = ("_instants", "_keep", "_values", "asked")

    def __init__(self, *, keep: int) -> None:
        self._keep = keep
        self._instants: list[int] = []
        self._values: list[float] = []
        self.asked = -(2**63)

    def put(self, instant: int, value: float | None) -> bool:
        """Takes a measurement, None where it is no good; whether anything is known now that was not."""
        place = bisect_left(self._instants, instant)
        there = place < len(self._instants) and self._instants[place] == instant
        if there and self._values[place] == value:
            return False
        if there:
            del self._instants[place], self._values[place]
        elif value is None:
            return False
        if value is not None:
            self._instants.insert(place, instant)
            self._values.insert(place, value)
            self._forget()
        return True

    def has(self, instant: int) -> bool:
        """Whether something is known of that instant."""
        place = bisect_left(self._instants, instant)
        return place < len(self._instants) and self._instants[place] == instant

    def _forget(self) -> None:
        gone = bisect_left(self._instants, self._instants[-1] - self._keep)
        if gone:
            del self._instants[:gone], self._values[:gone]

    def way(self, reach: Reach, since: int, until: int) -> Reach:
        """The reach with the velocities to reckon with, until then, for what passed the monitor at `since`.

        The front goes by the fastest measured since, the tail by the slowest; neither beyond what is configured, which
        holds by itself where a measurement lies outside of it, and where for too long there was none.
        """
        self.asked = max(self.asked, until)
        first, end = bisect_left(self._instants, since) - 1, bisect_left(self._instants, until)
        if first < 0 or self._silent(first, end, since, until, reach.stale):
            patience = durations.text(timedelta(microseconds=reach.stale))
            return replace(reach, said=f"as configured: none was measured at {reach.gauge} for {patience}")
        known = self._values[first:end]
        least, most = min(known), max(known)
        if least < reach.slow or most > reach.fast:
            odd = least if least < reach.slow else most
            return replace(reach, said=f"as configured: {odd:.3g} m/s measured at {reach.gauge} is not among them")
        measured = f"{least:.3g}" if least == most else f"{least:.3g} to {most:.3g}"
        return replace(
            reach,
            fast=min(reach.fast, most * reach.front),
            slow=max(reach.slow, least / reach.tail),
            said=f"from {measured} m/s measured at {reach.gauge}",
        )

    def _silent(self, first: int, end: int, since: int, until: int, stale: int) -> bool:
        instants = self._instants[first:end]
        return (
            since - instants[0] > stale
            or until - instants[-1] > stale
            or any(later - earlier > stale for earlier, later in pairwise(instants))
        )

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return [self._instants, self._values, self.asked]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        instants, values, self.asked = state
        self._instants, self._values = [*instants], [*values]
