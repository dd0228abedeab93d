"""Samples in, transitions out: routes each sample to the rules of its series and keeps the absence deadlines.

Pure: no clock, no I/O. The cost of a sample depends on the rules of its series, not on how many stations there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from alerts.absences import Absences, AbsenceWatch
from alerts.evaluation import Series
from alerts.fold import Episode
from alerts.forecasts import Forecasts
from alerts.gauges import Gauge
from alerts.model import Heard, Place, Sample, Transition, Value
from alerts.moments import EPOCH, SKEW, from_micros, to_micros
from alerts.network import NOWHERE, Network, Route
from alerts.rules import AbsenceRule, Rule
from alerts.rules.rule import JudgedRule

_DELAY_LIMIT = 2**31 - 1
_LARGEST = 1e12  # beyond it, millionths do not fit 64 bits; nothing that is measured comes near
_WARMING = " (warming up: earlier readings are not read back yet)"
_NO_PERIODS: Mapping[str, Mapping[str, Route]] = {}
_NO_ROUTES: Mapping[str, Route] = {}


class Fault(NamedTuple):
    """A sample that a series could not take, by a fault of ours; without a station, what several series settle."""

    station: str
    parameter: str
    error: Exception


class Engine:
    """All rules at all places. Rules come expanded (`load_rules` does so).

    `edition_of` names the air standard that is in force for what ended at a moment.
    """

    def __init__(
        self, *, rules: Sequence[Rule], places: Sequence[Place], edition_of: Callable[[datetime], str] = lambda _: ""
    ) -> None:
        stations = [place for place in places if not place.is_area]
        pairs = [
            (rule, place)
            for rule in rules
            if isinstance(rule, AbsenceRule)
            for place in filter(rule.select.takes, stations)
        ]
        silences = [AbsenceWatch(rule=rule, place=place, number=n) for n, (rule, place) in enumerate(pairs)]
        self._absences = Absences(watches=silences)
        self._network = Network(
            rules=[rule for rule in rules if isinstance(rule, JudgedRule)], places=places, silences=silences
        )
        self._edition_of = edition_of
        self.future_ignored = 0
        self.failed = 0  # samples that a series could not take, by a fault of ours
        self._faults: list[Fault] = []
        self._received_at, self._received = EPOCH, 0  # the receipt at hand, and as microseconds
        self._stations = frozenset(place.id for place in stations)
        self._warming: frozenset[str] = frozenset()  # stations whose past is lacking

    def lack_past(self) -> None:
        """Nothing is known of what came before; `recall` is to bring it, station by station."""
        self._warming = self._stations

    @property
    def depth(self) -> int:
        """How many samples of a series are worth recalling."""
        return self._network.depth

    @property
    def reach(self) -> timedelta:
        """How far back the samples lie that a series remembers, at the most and without gaps."""
        return timedelta(microseconds=self._network.reach)

    def recall(
        self, stations: Iterable[str], past: Iterable[Sample], now: datetime, *, until: datetime, judged: bool
    ) -> list[Transition]:
        """Takes what these stations sent before, however much has come since. Gives what is news of it.

        What came and went up to `until` is not told; where an engine had `judged` it then, nor is what was under way.
        """
        found: dict[Series | Forecasts | Gauge, list[tuple[Sample, int, float]]] = {}
        for sample in past:
            route = self._network.route(sample.station, (sample.parameter, sample.period))
            if sample.instant > now + SKEW:
                continue
            instant = to_micros(sample.instant)
            for silence in route.silences:
                if instant > silence.newest and sample.flag in silence.accepted:
                    silence.newest = instant
            for series in route.series:
                found.setdefault(series, []).append((sample, instant, _measured(sample.value)))
        self._warming = self._warming.difference(stations)
        for series, samples in found.items():
            series.recall(samples, until=to_micros(until), judged=judged)
        for series in found:
            if isinstance(series, Series) and any(rule.leans_on for rule in series.scheme.rules):
                # what they look at beside it is there only now
                series.recall((), until=to_micros(until), judged=judged)
        joints = self._network.surroundings.waiting()
        for joint in joints:
            joint.recall((), until=to_micros(until), judged=judged)
        news = [one for series in (*found, *joints) for one in series.announce(now, series.newest)]
        return [*map(self._told, news)]

    def feed(self, samples: Iterable[Sample], now: datetime) -> list[Transition]:
        """Takes samples in any order, after advancing to `now`. Gives the transitions to announce, in order."""
        return self.hear([((), samples)], now)

    def hear(self, heard: Iterable[Heard], now: datetime) -> list[Transition]:
        """As `feed`, of what deliveries brought, in their order."""
        found = self.advance(now)
        horizon = to_micros(now + SKEW)
        for bundles, samples in heard:
            for one in bundles:
                whose = (one.station, one.period, one.micros, one.received_at)
                self._take(*whose, one.values, now, horizon, found)
            if samples:
                self._take_singly(samples, now, horizon, found)
        if self._network.surroundings.unsettled:
            found.extend(self._settled(now))
        return [*map(self._told, found)] if found else found

    def _take_singly(self, samples: Iterable[Sample], now: datetime, horizon: int, found: list[Transition]) -> None:
        """Those that follow each other and share all but parameter, value and flag together, as a message has them."""
        station = period = ""
        instant = received_at = EPOCH
        values: list[Value] = []
        for sample in samples:
            if (
                sample.instant is not instant
                or sample.received_at is not received_at
                or sample.station is not station
                or sample.period is not period
            ):
                if values:
                    self._take(station, period, to_micros(instant), received_at, values, now, horizon, found)
                    values = []
                station, period = sample.station, sample.period
                instant, received_at = sample.instant, sample.received_at
            values.append((sample.parameter, sample.value, sample.flag, sample.reason))
        if values:
            self._take(station, period, to_micros(instant), received_at, values, now, horizon, found)

    def _take(  # noqa: C901, PLR0912, PLR0917  the hot path, in one piece and without keywords
        self,
        station: str,
        period: str,
        instant: int,
        received_at: datetime,
        values: Iterable[Value],
        now: datetime,
        horizon: int,
        found: list[Transition],
    ) -> None:
        network = self._network
        routes = network.routes.get(station, _NO_PERIODS).get(period, _NO_ROUTES)
        if received_at is not self._received_at:  # shared by the messages of many stations
            self._received_at, self._received = received_at, to_micros(received_at)
        delay = (self._received - instant) // 1_000_000
        if not -_DELAY_LIMIT < delay < _DELAY_LIMIT:
            delay = -_DELAY_LIMIT if delay < 0 else _DELAY_LIMIT
        heard: Sequence[AbsenceWatch] = ()
        quality = 0
        for parameter, given, flag, reason in values:
            route = routes.get(parameter) or network.route(station, (parameter, period))
            if route is NOWHERE:
                continue
            if instant > horizon:
                self.future_ignored += 1
                continue
            # as `_measured` has it, without the call: what is none is no evidence either way
            value = given if given is not None and -_LARGEST < given < _LARGEST else math.nan
            every, silences = route
            if silences is not heard or flag != quality:  # else they have heard it, of another value
                heard, quality = silences, flag
                for silence in silences:
                    if instant > silence.newest and flag in silence.accepted:
                        if silence.raised is None:  # as nearly always: no call that can be spared
                            silence.newest = instant
                        else:
                            found.extend(self._absences.heard(silence, instant, now))
            for series in every:
                try:
                    if series.take(instant, value, flag, delay, reason, station, parameter):
                        found.extend(series.announce(now, instant))
                except Exception as error:  # noqa: BLE001  the others are judged, and what was found is told
                    self._fail(station, parameter, error)

    def _settled(self, now: datetime) -> Iterator[Transition]:
        for each in self._network.surroundings.due():
            try:
                yield from each.settle(now)
            except Exception as error:  # noqa: BLE001  as of a series
                self._fail("", "", error)

    def _fail(self, station: str, parameter: str, error: Exception) -> None:
        self.failed += 1
        self._faults.append(Fault(station, parameter, error))

    def faults(self) -> Sequence[Fault]:
        """Those since the last time, for the log: a start that reads the same again must not end by them."""
        found, self._faults = self._faults, []
        return found

    def _told(self, transition: Transition) -> Transition:
        """With the edition of what an index was judged by; and where the past was not known, with that."""
        evidence = transition.evidence
        if evidence.cause is not None:
            evidence = replace(evidence, edition=self._edition_of(transition.instant))
        if self._warming and (transition.subject not in self._stations or transition.subject in self._warming):
            evidence = replace(evidence, inequality=evidence.inequality + _WARMING)  # of an area: at any station
        return transition if evidence is transition.evidence else replace(transition, evidence=evidence)

    def advance(self, now: datetime) -> list[Transition]:
        """Raises the absences whose deadline is not after `now`, in order. The first call starts the listening."""
        until = to_micros(now)
        if self._absences.listening is None:
            self._absences.begin(until)
        return list(self._absences.due(until, now))

    def listen_from(self, now: datetime) -> None:
        """Intake had stopped and runs again (after a restart, once the log is read): that silence was our own."""
        self._absences.begin(to_micros(now))

    def wake_at(self) -> datetime | None:
        """The next deadline; None where no absence can fall due."""
        deadline = self._absences.next_deadline()
        return None if deadline is None else from_micros(deadline)

    def episodes(self, rule: str, subject: str) -> tuple[Episode, ...]:
        """The episodes in memory of one judged rule at one subject. Raises `KeyError` for what is not watched."""
        return self._network.episodes(rule, subject)

    @property
    def too_old(self) -> int:
        """Samples older than their series' memory: not evaluated."""
        return self._network.too_old

    @property
    def unjudged(self) -> Mapping[str, int]:
        """Samples that no rule was given, by reason."""
        return {"future_ignored": self.future_ignored, "too_old": self.too_old, "fault": self.failed}

    def subjects(self) -> Iterator[tuple[str, str]]:
        """(rule, subject) of every judged rule and what it watches."""
        return self._network.subjects()

    def watched(self) -> Iterator[tuple[str, str]]:
        """(rule, subject) of every rule, absences too, and what it watches."""
        return chain(self._network.subjects(), self._absences.subjects())

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for JSON; its series by and by, to be gone through before the next sample."""
        return {**self._network.dump(), "absences": self._absences.dump(), "warming": sorted(self._warming)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes a snapshot; what is of rules or subjects that are no more is dropped; changed rules get samples."""
        self._network.load(state)
        self._warming = self._stations.intersection(state.get("warming", ()))
        if "absences" in state:
            self._absences.load(state["absences"])


def _measured(value: float | None) -> float:
    return math.nan if value is None or not -_LARGEST < value < _LARGEST else value
