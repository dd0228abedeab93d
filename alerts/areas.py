"""The series of an area: the mean over its stations, which is revised as they come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.evaluation import Saved, Series
from alerts.indices import AreaMean, AreaValue
from alerts.memory import Row
from alerts.model import Place, Quality, Sample
from alerts.rules import ThresholdRule
from alerts.scheme import Scheme
from alerts.windows import TO_RAISE


class AreaSeries(Series):
    """A threshold rule's series at an area.

    The state before the newest instant is kept too: each further station revises it, which costs a step, not a refold.
    """

    __slots__ = ("_before", "_mean")

    def __init__(self, *, rule: ThresholdRule, scheme: Scheme, place: Place, stations: Iterable[str]) -> None:
        super().__init__(scheme=scheme, place=place)
        assert rule.coverage is not None, "a rule without it looks at the area's own samples"
        self._before: tuple[int, Saved] | None = None  # of which instant, and what was before it
        self._mean = AreaMean(
            stations=stations,
            coverage=rule.coverage,
            accepted=frozenset(flag.value for flag in Quality if rule.may[flag] & TO_RAISE),
            memory=rule.remembered(place),
        )

    def take(self, instant: int, value: float, code: int, delay: int, reason: str = "", *whose: str) -> bool:  # noqa: ARG002  a mean is for no reason
        """Takes a station's sample; the area's value at that instant follows from it."""
        try:
            settled = self._mean.put(whose[0], instant, value, code, delay)
        except KeyError:
            self.too_old += 1
            return False
        moved = [self._put(area) for area in settled]
        return any(moved)

    def _put(self, area: AreaValue) -> bool:
        if area.instant > self.newest:
            self._before = (area.instant, self._saved())
        return super().take(*area)

    def _joined(self, past: Iterable[tuple[Sample, int, float]]) -> dict[int, Row]:
        rows = self._own()
        for sample, instant, value in sorted(past, key=_by_instant):
            try:
                settled = self._mean.recall(sample.station, instant, value, sample.flag)
            except KeyError:
                continue  # older than the memory
            rows.update((area.instant, Row(*area)) for area in settled)
        return rows

    def recall(self, past: Iterable[tuple[Sample, int, float]], *, until: int, judged: bool) -> None:
        self._before = None
        super().recall(past, until=until, judged=judged)

    def _refold(self, place: int) -> None:
        newest = self.samples.held - 1
        if (
            place == newest
            and self._before is not None
            and self._before[0] == self.newest
            and (newest + 1) % self._block
        ):
            self._stand_as(self._before[1])
            self._fold(newest, newest + 1)
            return
        self._before = None
        super()._refold(place)

    @property
    def blank(self) -> bool:
        """Whether it has taken nothing yet. It may hold values and not yet enough of them."""
        return self._mean.blank

    def dump(self) -> dict[str, Any]:
        return {**super().dump(), "mean": self._mean.dump()}

    def adopt(self, state: Mapping[str, Any]) -> None:
        super().adopt(state)
        self._before = None
        self._mean.load(state["mean"])

    def load(self, state: Mapping[str, Any]) -> None:
        super().load(state)
        self._before = None
        self._mean.load(state["mean"])


def _by_instant(each: tuple[Sample, int, float]) -> int:
    return each[1]
