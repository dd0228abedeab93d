"""The forecasts of one area on their way to the rules: taken value by value, judged once all of a delivery are in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from alerts.evaluation import NEVER, Series
from alerts.model import Quality, Sample, Transition
from alerts.outlook import Outlook

SERIES = ("aqi_forecast", "1d")  # of an area's issues: instant that of the issue, value the highest AQI in it
_ACCEPTED = frozenset({Quality.PASS.value, Quality.UNCHECKED.value})


class Forecasts:
    """Stands in the routes where a series does.

    `issues` are the series over the issues themselves, `others` those whose rules look ahead; both are asked for anew,
    since they come to be as they are first needed.
    """

    def __init__(
        self,
        *,
        outlook: Outlook,
        issues: Callable[[], Sequence[Series]],
        others: Callable[[], Sequence[Series]],
        changed: Callable[[Forecasts], None],
    ) -> None:
        self.outlook = outlook
        self._issues = issues
        self._others = others
        self._changed = changed
        self._unsettled: dict[int, None] = {}
        self.newest = NEVER

    def take(self, instant: int, value: float, flag: int, delay: int, _reason: str, *whose: str) -> bool:
        """Takes one value of an issue. What follows from it waits for `settle`."""
        known = value if flag in _ACCEPTED and math.isfinite(value) else None
        if self.outlook.put(whose[1], instant, known, delay):
            self.newest = max(self.newest, instant)
            if not self._unsettled:
                self._changed(self)
            self._unsettled[instant] = None
        return False

    def settle(self, now: datetime) -> list[Transition]:
        """What is to be told of the issues taken since the last time."""
        found: list[Transition] = []
        for issued in sorted(self._unsettled):
            for series in self._issues():
                series.take(issued, self.outlook.highest(issued), Quality.PASS, self.outlook.delay(issued))
                series.revise(issued)
                found += series.announce(now, issued)
            for series in self._others():
                if series.revise(issued):
                    found += series.announce(now, issued)
        self._unsettled.clear()
        return found

    def recall(self, past: Iterable[tuple[Sample, int, float]], *, until: int, judged: bool) -> None:
        """Takes at once what was issued before; what was heard of an issue itself stands."""
        issues: dict[int, Sample] = {}
        for sample, instant, value in past:
            known = value if sample.flag in _ACCEPTED and math.isfinite(value) else None
            if not self.outlook.has(sample.parameter, instant) and self.outlook.put(
                sample.parameter, instant, known, 0
            ):
                issues[instant] = sample
        if not issues:
            return
        self.newest = max(self.newest, *issues)
        for series in self._issues():
            rows = [(sample, issued, self.outlook.highest(issued)) for issued, sample in issues.items()]
            series.recall(rows, until=until, judged=judged)
        for series in self._others():
            series.revise(min(issues))

    def announce(self, now: datetime, cause: int) -> list[Transition]:  # noqa: ARG002  each series has a newest instant
        """What is to be told of what was recalled."""
        return [one for series in (*self._issues(), *self._others()) for one in series.announce(now, series.newest)]
