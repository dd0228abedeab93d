"""Which series there are and who watches them: made as their first samples come, restored as they are first touched.

A station has rules for more than it measures, and a bureau has thousands of stations: nothing is built for a series
that never sends, and a restart reads of a snapshot only what is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain
from typing import Any, NamedTuple

from alerts.absences import AbsenceWatch
from alerts.agreement import Agreements
from alerts.announcing import stands
from alerts.areas import AreaSeries
from alerts.beside import Beside
from alerts.evaluation import Series
from alerts.fold import Episode
from alerts.following import Follower, LinkedSeries
from alerts.forecasts import Forecasts
from alerts.gauges import Gauge
from alerts.index_names import INDEX_NAMES
from alerts.joining import Joints
from alerts.model import Place
from alerts.rules import ThresholdRule
from alerts.rules.joint import JointRule
from alerts.rules.ladder import Ladder
from alerts.rules.rule import JudgedRule
from alerts.scheme import BLOCKS, Scheme, scheme, sharing
from alerts.surroundings import Surroundings

Key = tuple[str, str]  # parameter and period
Saved = Mapping[str, Any]  # what `Series.dump` gave


class Route(NamedTuple):
    """Where the samples of one series go."""

    series: tuple[Series | Forecasts | Gauge, ...]
    silences: tuple[AbsenceWatch, ...]


NOWHERE = Route((), ())


class Network:
    """The series of all judged rules. The engine reads `routes` itself and asks `route` for what is not there yet."""

    def __init__(
        self, *, rules: Sequence[JudgedRule], places: Sequence[Place], silences: Iterable[AbsenceWatch]
    ) -> None:
        # by station, period, parameter
        self.routes: dict[str, dict[str, dict[str, Route]]] = {place.id: {} for place in places}
        self._places = {place.id: place for place in places}  # areas too: they have series of their own
        self._rules = {rule.id: (number, rule) for number, rule in enumerate(rules)}
        self._watching: dict[Key, list[JudgedRule]] = {}
        self._areas: dict[tuple[str, str], AreaSeries] = {}
        self._agreements = Agreements(rules=rules, there=self._there)
        self._listening: dict[str, tuple[AbsenceWatch, ...]] = {}
        self._saved: dict[tuple[str, str, str], list[Saved]] = {}  # restored, and not touched since
        self._digests: dict[tuple[object, ...], str | None] = {}
        self._ladders: dict[tuple[str, int], Ladder] = {}
        self._besides: dict[str, Beside] = {}
        self._schemes: dict[tuple[object, ...], Scheme] = {}
        for rule in rules:
            self._watching.setdefault((rule.parameter, rule.period), []).append(rule)
            if isinstance(rule, ThresholdRule) and rule.averages:
                self._watch_means(rule)
        self.surroundings = Surroundings(places=self._places.values(), watching=self._watching, own=self._own)
        self._joints = Joints(
            rules=rules,
            route=lambda place, key: self._own(place, [key], begun=False),
            there=self._there,
            wait=self.surroundings.wait,
        )
        for silence in silences:
            self._listening[silence.place.id] = (*self._listening.get(silence.place.id, ()), silence)

    def _watch_means(self, rule: ThresholdRule) -> None:
        members: dict[str, list[Place]] = {}
        for place in self._places.values():
            if _joins(rule, place):
                members.setdefault(place.area, []).append(place)
        for area, inside in members.items():
            slowest = max(place.interval_seconds for place in inside)
            named = self._places.get(area) or Place(id=area, zh=area, en=area, kind=inside[0].kind, is_area=True)
            subject = replace(named, interval_seconds=slowest)
            self._areas[rule.id, area] = AreaSeries(
                rule=rule,
                scheme=self._scheme([rule], subject),
                place=subject,
                stations=[place.id for place in inside],
            )

    def _scheme(self, rules: Sequence[JudgedRule], place: Place) -> Scheme:
        key = (tuple(rule.id for rule in rules), place.lateness_seconds, *_measure(place))
        found = self._schemes.get(key)
        if found is None:
            found = self._schemes[key] = scheme(rules, place, self._ladder, beyond=self._agreements.reach(rules) or 0)
        return found

    def _ladder(self, rule: JudgedRule, place: Place) -> Ladder:
        """One for all subjects of a rule whose series come equally often."""
        interval = round(place.interval_seconds * 1e6)
        ladder = self._ladders.get((rule.id, interval))
        if ladder is None:
            ladder = self._ladders[rule.id, interval] = rule.ladder(interval)
        return ladder

    def route(self, station: str, key: Key) -> Route:
        """Works out a series' route when it is first seen; stations that are in no catalogue are not remembered."""
        place = self._places.get(station)
        if place is None:
            return NOWHERE
        parameter, period = key
        routes = self.routes[station].setdefault(period, {})
        found = routes.get(parameter)
        if found is None:
            series, silences = tuple(self._series(place, key)), self._silences(place, key)
            found = routes[parameter] = Route(series, silences) if series or silences else NOWHERE
        return found

    def _own(self, place: Place, keys: Iterable[Key], *, begun: bool) -> list[Series]:
        """The place's own series; with `begun` those alone that are in memory or in the snapshot."""
        if begun:
            keys = [key for key in keys if self._is_begun(place.id, key)]
        found = (one for key in keys for one in self.route(place.id, key).series)
        return [one for one in found if isinstance(one, Series)]

    def _is_begun(self, station: str, key: Key) -> bool:
        parameter, period = key
        return parameter in self.routes[station].get(period, ()) or (station, *key) in self._saved

    def _series(self, place: Place, key: Key) -> Sequence[Series | Forecasts | Gauge]:
        """In order of their rules. What a snapshot had of a rule goes on; new or changed ones get its samples."""
        taking = self.surroundings.taking(place, key)
        return self._watched_by(place, key) if taking is None else [taking, *self._watched_by(place, key)]

    def _watched_by(self, place: Place, key: Key) -> Sequence[Series]:
        rules = self._watching.get(key, ())
        found: list[Series] = [self._areas[rule.id, place.area] for rule in rules if _joins(rule, place)]
        own = {rule.id: rule for rule in rules if rule.watches(place)}
        entries = self._saved.pop((place.id, *key), ())
        for saved in entries:
            signatures = [tuple(signature) for signature in saved["rules"]]
            kept = [rule for rule in own.values() if (rule.id, self._digest(rule, place)) in signatures]
            if kept:
                series = self._begun(kept, place)
                series.load(saved)
                found.append(series)
                for rule in kept:
                    del own[rule.id]
        for saved in entries:  # what changed has its own samples, and what is told of it
            former = {rule for rule, _ in saved["rules"]}
            changed = [own.pop(id_) for id_ in [*own] if id_ in former]
            found.extend(self._adopting(saved, changed, place))
        found.extend(self._adopting(next(iter(entries), None), own.values(), place))
        return sorted(found, key=lambda series: self._rules[series.scheme.rules[0].id][0])

    def _adopting(self, saved: Saved | None, rules: Iterable[JudgedRule], place: Place) -> Iterator[Series]:
        """Rules that begin with the samples there are. One of which something stands is alone."""
        rules = list(rules)
        alone = [rule for rule in rules if saved is not None and _stands(saved, rule)]
        together = [rule for rule in rules if rule not in alone]
        for group in (*([rule] for rule in alone), *sharing(together)):
            series = self._begun(group, place)
            if saved is not None:
                series.adopt(saved)
            yield series

    def _begun(self, rules: Sequence[JudgedRule], place: Place) -> Series:
        scheme_ = self._scheme(rules, place)
        if isinstance(rules[0], JointRule):
            return self._joints.begun(scheme_, place)
        links: tuple[Follower, ...] = tuple(self._joints.listening(rules, place))
        aside = bool(links) or any(rule.leans_on for rule in rules)
        beside = self._beside(place) if aside else self.surroundings.of(place)
        if self._agreements.reach(rules) is not None:
            links = (*links, self._agreements)
        if links:
            return LinkedSeries(scheme=scheme_, place=place, beside=beside, links=links)
        return Series(scheme=scheme_, place=place, beside=beside)

    def _beside(self, place: Place) -> Beside:
        """One for all series of a place that look at others, or are heard."""
        if place.id not in self._besides:
            second, ear = partial(self._agreements.second, place), partial(self._joints.ear, place)
            self._besides[place.id] = replace(self.surroundings.of(place), second=second, ear=ear)
        return self._besides[place.id]

    def _there(self, place: Place, rule: JudgedRule) -> Series | None:
        """The series that the rule is over; None where nothing of it has come yet."""
        found = self._own(place, [(rule.parameter, rule.period)], begun=True)
        return next((one for one in found if rule in one.scheme.rules), None)

    def _digest(self, rule: JudgedRule, place: Place) -> str | None:
        """By which a snapshot knows the rule at that place; None where it does not watch it."""
        key = (rule.id, place.id if rule.select.stations else "", place.kind, place.role, place.area, *_measure(place))
        if key not in self._digests:
            self._digests[key] = rule.hash_at(place) if rule.watches(place) else None
        return self._digests[key]

    def _silences(self, place: Place, key: Key) -> tuple[AbsenceWatch, ...]:
        own = self._listening.get(place.id, ())
        heard = tuple(silence for silence in own if _hears(silence, *key))
        return own if len(heard) == len(own) else heard  # mostly one tuple for all series of a station

    @cached_property  # a start asks for every few stations
    def depth(self) -> int:
        """Samples that a series remembers at the most."""
        return max((rows for rows, _ in self._memories()), default=0)

    @cached_property
    def reach(self) -> int:
        """Microseconds from the oldest of them to the newest, at the most and without gaps."""
        return max((rows * step for rows, step in self._memories()), default=0)

    def _memories(self) -> Iterator[tuple[int, int]]:
        """(samples at the most, microseconds from one to the next) of each rule at each sort of place."""
        sorts = {(place.interval_seconds, place.lateness_seconds): place for place in self._places.values()}
        for _, rule in self._rules.values():
            for place in sorts.values():
                memory = rule.remembered(place)
                yield memory + max(2, memory // BLOCKS) - 1, rule.step_of(round(place.interval_seconds * 1e6))

    def subjects(self) -> Iterator[tuple[str, str]]:
        """(rule, subject) of every rule and what it watches."""
        for _, rule in self._rules.values():
            yield from (key for key in self._areas if key[0] == rule.id)
            yield from ((rule.id, place.id) for place in self._places.values() if rule.watches(place))

    def episodes(self, rule: str, subject: str) -> tuple[Episode, ...]:
        """Those in memory of one rule at one subject. Raises `KeyError` for what is not watched."""
        area = self._areas.get((rule, subject))
        if area is not None:
            return area.episodes(rule)
        own = self._rules[rule][1]
        if not own.watches(self._places[subject]):
            raise KeyError(rule, subject)
        route = self.route(subject, (own.parameter, own.period))
        every = (series for series in route.series if isinstance(series, Series))
        return next(series.episodes(rule) for series in every if own in series.scheme.rules)

    @property
    def too_old(self) -> int:
        """Samples older than their series' memory."""
        saved: int = sum(entry["too_old"] for entry in chain.from_iterable(self._saved.values()))
        areas = sum(area.too_old for area in self._areas.values())
        return saved + areas + sum(series.too_old for _, _, series in self._touched())

    def _touched(self) -> Iterator[tuple[str, Key, Series]]:
        """The series of stations and areas, but for the means."""
        for station, periods in self.routes.items():
            for period, routes in periods.items():
                for parameter, route in routes.items():
                    for series in route.series:
                        if not isinstance(series, AreaSeries | Forecasts | Gauge):
                            yield station, (parameter, period), series

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data; series by and by, to be gone through before the next sample.

        What was not touched since it was loaded goes out as it came.
        """
        untouched = ([*key, entry] for key, entries in self._saved.items() for entry in entries)
        touched = ([station, *key, series.dump()] for station, key, series in self._touched() if not series.blank)
        areas = self._areas.items()
        return {
            "series": chain(untouched, touched),
            "areas": ([*key, series.dump()] for key, series in areas if not series.blank),
            **self.surroundings.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave, before any sample. What is of rules or places that are no more is dropped."""
        self.surroundings.load(state)
        changed: dict[tuple[str, Key], None] = {}
        for station, parameter, period, entry in state.get("series", ()):
            place = self._places.get(station)
            if place is not None:
                self._saved.setdefault((station, parameter, period), []).append(entry)
                if not all(self._is_unchanged(rule, digest, place) for rule, digest in entry["rules"]):
                    changed[station, (parameter, period)] = None
        for station, key in changed:
            self.route(station, key)  # now: a rule that comes back later finds nothing old
        for rule, area, entry in state.get("areas", ()):
            series = self._areas.get((rule, area))
            if series is None:
                continue
            if tuple(map(tuple, entry["rules"])) == series.scheme.signatures:
                series.load(entry)
            else:
                series.adopt(entry)

    def _is_unchanged(self, rule: str, digest: str, place: Place) -> bool:
        known = self._rules.get(rule)
        return known is not None and self._digest(known[1], place) == digest


def _stands(saved: Saved, rule: JudgedRule) -> bool:
    """Whether something of that rule, as it was, is announced and not over."""
    watches = zip(saved["rules"], saved["watches"], strict=False)  # no watches: nothing ever was
    return any(former == rule.id and stands(watch[1]) for (former, _), watch in watches)


def _measure(place: Place) -> tuple[object, ...]:
    return place.interval_seconds, place.limits, place.reach


def _joins(rule: JudgedRule, place: Place) -> bool:
    """Whether a station's samples are part of the mean that the rule is over."""
    return rule.averages and not place.is_area and rule.select.model_copy(update={"per": "station"}).takes(place)


def _hears(silence: AbsenceWatch, parameter: str, period: str) -> bool:
    """An index is worked out here: it is no sign of life."""
    if parameter in INDEX_NAMES:
        return False
    select = silence.rule.select
    return (not select.parameter or parameter in select.parameter) and (not select.period or period in select.period)
