"""Unusual change of several parameters of a station at once: a series of its own, worked out of their scores. Pure.

The scores are those that the rules over each parameter work out anyway. While nothing is noteworthy they are not even
kept: each parameter has an ear that lets pass what could matter, which is a share of the mildest level so great that
without it no joint score could reach it. From the first such score on until the rules are at rest again, every score
is heard. What came late is heard anew from its instant on: the same readings make the same series in any order.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf, isnan, nan, sqrt
from typing import Any, Protocol

from alerts.beside import Beside
from alerts.deviation import Ear, joint
from alerts.evaluation import NEVER, Series
from alerts.memory import Row
from alerts.model import Place, Quality, Sample, Transition
from alerts.rules.change import ChangeRule
from alerts.rules.joint import JointRule
from alerts.scheme import Scheme
from alerts.windows import TO_LIFT

_DIGITS = 3  # of a score: far finer than it means anything
_NEVER_HEARD = array("d")


class Parts:
    """What is heard, and by which figures: the same for all places that are alike."""

    __slots__ = ("alone", "edge", "floor", "names", "rules")

    def __init__(self, *, joint_rules: Sequence[JointRule], changing: Sequence[ChangeRule]) -> None:
        self.rules = tuple(changing)
        self.names = tuple(rule.parameter for rule in changing)
        self.alone = {rule.parameter: rule.mildest for rule in changing}
        self.floor = min(rule.floor for rule in joint_rules)
        least = min(rule.mildest for rule in joint_rules) / sqrt(max(1, len(changing)))
        self.edge = max(least * (1 - 1e-9), self.floor)  # a hair less: no rounding may matter


class Surround(Protocol):
    """Where the parameters' series are, and who has it judged."""

    def others(self, place: Place, parts: Parts) -> Sequence[Series]:
        """The series of the parameters that have come."""
        ...

    def changed(self, series: JointSeries) -> None:
        """It has heard something, to be judged once all of a delivery are in."""
        ...


class JointSeries(Series):
    """Fed by its ears, one a part."""

    __slots__ = ("_ears", "_first", "_parts", "_scores", "_since", "_stale", "_surround")

    def __init__(self, *, scheme: Scheme, place: Place, parts: Parts, ears: Sequence[Ear], surround: Surround) -> None:
        self._parts = parts
        self._ears = ears
        self._surround = surround
        # by instant, in order of the parts, NaN where one has none; and at the end 1 where one of them may not lift
        self._scores: dict[int, array[float]] = {}
        self._since: int | None = None  # the first instant of which something new was heard
        self._stale: int | None = None  # from when on all has to be heard anew
        self._first = NEVER  # nothing is heard of what lies before
        super().__init__(scheme=scheme, place=place, beside=Beside(joined=self))
        self._listen(parts.edge)

    def _listen(self, edge: float) -> None:
        for number, ear in enumerate(self._ears):
            ear.listen(self, number, edge)

    def at(self, instant: int) -> Mapping[str, float]:
        """The scores heard of an instant."""
        scores = zip(self._parts.names, self._scores.get(instant, _NEVER_HEARD), strict=False)
        return {name: score for name, score in scores if not isnan(score)}

    def alone(self, instant: int) -> bool:
        """Whether one of them passes its own figure."""
        return any(score > self._parts.alone[name] for name, score in self.at(instant).items())

    def hear(self, number: int, instant: int, score: float, may: int) -> None:
        """A score of one parameter. What follows waits for `settle`: until all of a delivery are in."""
        if instant < self._first:
            return
        scores = self._scores.get(instant)
        if scores is None:
            scores = self._scores[instant] = array("d", [*(nan for _ in self._parts.names), 0.0])
        scores[number] = round(score, _DIGITS)
        if not may & TO_LIFT:
            scores[-1] = 1.0
        self._mark()
        self._since = instant if self._since is None else min(self._since, instant)

    def _mark(self) -> None:
        if self._since is None and self._stale is None:
            self._surround.changed(self)

    def take(self, instant: int, value: float, code: int, delay: int, reason: str = "", *whose: str) -> bool:
        return not whose and super().take(instant, value, code, delay, reason)  # nobody sends it

    def overlook(self) -> None:
        """Lets go what it has heard and not judged."""
        self._since = self._stale = None

    def judge(
        self,
        series: Series,  # noqa: ARG002  they are heard together
        first: int,
        last: int,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
        *,
        revised: bool,
    ) -> Iterable[Transition]:
        """Where something came late to a parameter, or was corrected, what was heard since has to be heard anew."""
        if revised and (first <= self.newest or self._since is not None):
            self._mark()
            self._stale = first if self._stale is None else min(self._stale, first)
        return ()

    def settle(self, now: datetime) -> list[Transition]:
        """What is to be told of what was heard since the last time."""
        self._gather()
        return Series.announce(self, now, self.newest)

    def _gather(self) -> None:
        begins = [one for one in (self._since, self._stale) if one is not None]
        if not begins:
            return
        begin = min(begins)
        if self._stale is not None or not self._awake:
            self._listen_from(begin)
        self._since = self._stale = None
        self._write_from(begin)
        self._listen(-inf if self._awake else self._parts.edge)

    @property
    def _awake(self) -> bool:
        return any(watch.busy for watch in self.watches)

    def _listen_from(self, begin: int) -> None:
        """Hears every score from there on again."""
        for instant in [one for one in self._scores if one >= begin]:
            del self._scores[instant]
        self._first = begin
        self._listen(-inf)
        for series in self._surround.others(self.place, self._parts):
            series.revise(begin)
        self._first = NEVER

    def _write_from(self, begin: int) -> None:
        place = self.samples.first_from(begin) if self.samples else 0
        kept = [*self.samples.rows(0, place)]
        rows = [self._row(instant) for instant in sorted(one for one in self._scores if one >= begin)]
        if place == self.samples.held:
            for row in rows:
                self.take(row.instant, row.value, row.code, row.delay)
        else:
            self.samples.refill([*kept, *rows])
            self.newest = (rows or kept)[-1].instant if rows or kept else NEVER
            self._next = 0
            if not self.watches and not all(self._is_calm(row.value, row.code) for row in rows):
                self._rouse()
            if self.watches:
                self._refold(place)
                self._find_busy()
        for instant in [one for one in self._scores if self.samples and one < self.samples.oldest]:
            del self._scores[instant]

    def _row(self, instant: int) -> Row:
        counted = {name: score for name, score in self.at(instant).items() if score >= self._parts.floor}
        value = round(joint(counted).score, _DIGITS) if counted else 0.0
        return Row(instant, value, Quality.SUSPECT if self._scores[instant][-1] else Quality.PASS, 0)

    def recall(self, past: Iterable[tuple[Sample, int, float]], *, until: int, judged: bool) -> None:
        """Of the past of its parameters, which they have by now."""
        self._gather()
        super().recall(past, until=until, judged=judged)

    def dump(self) -> dict[str, Any]:
        heard = [[instant, *(None if isnan(one) else one for one in row)] for instant, row in self._scores.items()]
        return {**super().dump(), "names": self._parts.names, "heard": heard}

    def load(self, state: Mapping[str, Any]) -> None:
        self._remember(state)
        super().load(state)
        self._listen(-inf if self._awake else self._parts.edge)

    def adopt(self, state: Mapping[str, Any]) -> None:
        super().adopt(state)
        self._listen(-inf if self._awake else self._parts.edge)

    def _take_over(self, state: Mapping[str, Any], codes: bytes) -> None:
        self._remember(state)
        super()._take_over(state, codes)

    def _remember(self, state: Mapping[str, Any]) -> None:
        before = {name: place for place, name in enumerate(state["names"])}
        for instant, *scores, doubt in state["heard"]:
            known = (scores[before[name]] if name in before else None for name in self._parts.names)
            self._scores[instant] = array("d", [*(nan if one is None else one for one in known), doubt])
