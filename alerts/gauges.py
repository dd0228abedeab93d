"""Measured velocities on their way to the rules: what was worked out without them is worked out anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from alerts.current import Current
from alerts.evaluation import NEVER, Series
from alerts.model import Quality, Sample, Transition
from alerts.travel import VELOCITY

_ACCEPTED = frozenset({Quality.PASS.value, Quality.UNCHECKED.value})
_DAILY = "1d"  # such a mean says nothing of the water that runs now


def measures(parameter: str, period: str) -> bool:
    """Whether samples of that name and period say how fast the water runs."""
    return parameter == VELOCITY and period != _DAILY


class Gauge:
    """Stands in the routes of the station that measures. `others` are the series whose arrivals go by it."""

    def __init__(
        self, *, current: Current, others: Callable[[], Sequence[Series]], changed: Callable[[Gauge], None]
    ) -> None:
        self.current = current
        self._others = others
        self._changed = changed
        self._since: int | None = None  # the oldest change that something worked out before did not know
        self.newest = NEVER

    def take(self, instant: int, value: float, flag: int, *_: object) -> bool:
        """Takes a measurement. What follows from a late one waits for `settle`."""
        self.newest = max(self.newest, instant)
        if self.current.put(instant, _known(flag, value)) and instant < self.current.asked:
            if self._since is None:
                self._changed(self)
            self._since = instant if self._since is None else min(self._since, instant)
        return False

    def settle(self, now: datetime) -> list[Transition]:
        """What is to be told of late measurements since the last time."""
        if self._since is None:
            return []
        since, self._since = self._since, None
        return [one for series in self._others() if series.revise(since) for one in series.announce(now, since)]

    def recall(self, past: Iterable[tuple[Sample, int, float]], *, until: int, judged: bool) -> None:  # noqa: ARG002
        """Takes at once what was measured before; what it has heard of an instant itself stands."""
        fresh = [
            instant
            for sample, instant, value in past
            if not self.current.has(instant) and self.current.put(instant, _known(sample.flag, value))
        ]
        if fresh:
            self.newest = max(self.newest, *fresh)
            for series in self._others():
                series.revise(min(fresh))

    def announce(self, now: datetime, cause: int) -> list[Transition]:  # noqa: ARG002  each series has a newest instant
        """What is to be told of what was recalled."""
        return [one for series in self._others() for one in series.announce(now, series.newest)]


def _known(flag: int, value: float) -> float | None:
    return value if flag in _ACCEPTED and math.isfinite(value) else None
