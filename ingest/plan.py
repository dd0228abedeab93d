"""What another configuration would mean: what is added, removed and changed, and which standing warnings it touches.

Pure. `clearwarn config plan` prints it, and a reload is refused or reported by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from alerts.differences import (
    differences,
    hears,
    looks_elsewhere,
    receiver_differences,
    rule_differences,
    would_hear,
)
from alerts.engine import Engine
from alerts.index_names import INDEX_NAMES, limited
from alerts.model import PollutionWarning
from alerts.people import People, Receiver
from alerts.rules import Rule
from alerts.views import Standing
from ingest.adapters.alerting import limit_of_hour, places
from ingest.catalog import Catalog, Outfall
from ingest.configuration import Configuration

_AT_RUN_TIME = (
    "console url ",
    "console hosts ",
    "stop_within ",
)  # of service.yaml; for the rest the service starts anew


class How(StrEnum):
    """What becomes of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the configuration. `details` are in words; `at` are the stations or areas a rule watches."""

    part: str
    how: How
    id: str
    zh: str = ""
    en: str = ""
    details: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A standing warning that the change has to do with; `orphaned` where nothing would watch it any more."""

    warning: str
    rule: str
    subject: str
    level: str
    state: str
    why: tuple[str, ...]
    orphaned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`restart` are settings that a running service cannot change."""

    changes: tuple[Change, ...]
    restart: tuple[str, ...]
    touched: tuple[Touched, ...]

    @property
    def orphans(self) -> tuple[Touched, ...]:
        """Warnings for whose sake it is refused."""
        return tuple(one for one in self.touched if one.orphaned)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def compare(present: Configuration, future: Configuration, standing: Iterable[Standing] = ()) -> Plan:
    """What it means to go from one to the other while these warnings stand."""
    service = differences(present.service, future.service)
    restart = tuple(line for line in service if not line.startswith(_AT_RUN_TIME))
    reach = (_reach(present), _reach(future))
    changes = (
        *_entries("stations", _stations(present), _stations(future), differences),
        *_entries("outfalls", _outfalls(present), _outfalls(future), partial(_of_outfall, future.catalog)),
        *_entries("water_sources", _sources(present), _sources(future), differences),
        *_entries("parameters", present.catalog.parameters, future.catalog.parameters, differences),
        *_entries("areas", _areas(present), _areas(future), differences),
        *_rules(present, future, reach),
        *_people(present, future),
        *_settings("procedures", present.procedures, future.procedures),
        *_settings("notify", present.notify, future.notify),
        *(Change(part="service", how=How.CHANGED, id=line.partition(" ")[0], details=(line,)) for line in service),
    )
    touching = _Touching(present, future, reach[1])
    return Plan(changes=changes, restart=restart, touched=tuple(touching.all(standing)))


def _reach(configuration: Configuration) -> Mapping[str, tuple[str, ...]]:
    """Rule -> the stations or areas it watches."""
    engine = Engine(rules=configuration.rules, places=places(configuration.catalog))
    found: dict[str, list[str]] = {}
    for rule, subject in engine.watched():
        found.setdefault(rule, []).append(subject)
    return {rule: tuple(subjects) for rule, subjects in found.items()}


def _stations(configuration: Configuration) -> Mapping[str, BaseModel]:
    return configuration.catalog.by_id


def _outfalls(configuration: Configuration) -> Mapping[str, BaseModel]:
    return {outfall.code: outfall for outfall in configuration.catalog.outfalls}


def _sources(configuration: Configuration) -> Mapping[str, BaseModel]:
    return {source.code: source for source in configuration.catalog.water_sources}


def _areas(configuration: Configuration) -> Mapping[str, BaseModel]:
    return {area.id: area for area in configuration.catalog.areas}


def _entries(
    part: str, before: Mapping[str, BaseModel], after: Mapping[str, BaseModel], differ: Any
) -> Iterator[Change]:
    for id_ in dict.fromkeys([*before, *after]):
        old, new = before.get(id_), after.get(id_)
        how = How.ADDED if old is None else How.REMOVED if new is None else How.CHANGED
        details = differ(old, new) if how is How.CHANGED else ()
        if details or how is not How.CHANGED:
            name = getattr(new or old, "name")  # noqa: B009  # all entries have one, and it is not BaseModel's
            yield Change(part=part, how=how, id=id_, zh=name.zh, en=name.en, details=details)


def _of_outfall(catalog: Catalog, before: Outfall, after: Outfall) -> tuple[str, ...]:
    """Permit limits with their unit."""

    def measured(line: str) -> str:
        parameter = line.split(" ")[2] if line.startswith("permit limits ") else ""
        known = catalog.parameters.get(parameter)
        return f"{line} {known.unit}" if known else line

    return tuple(measured(line) for line in differences(before, after))


def _rules(
    present: Configuration, future: Configuration, reach: tuple[Mapping[str, tuple[str, ...]], ...]
) -> Iterator[Change]:
    """What changes alike in all the rules of one entry is said once."""
    before, after = ({rule.id: rule for rule in one.rules} for one in (present, future))
    changes = []
    for id_ in dict.fromkeys([*before, *after]):
        old, new = before.get(id_), after.get(id_)
        was, now = (each.get(id_, ()) for each in reach)
        rule = new or old
        assert rule is not None, "the id is one of theirs"
        details = rule_differences(old, new) if old is not None and new is not None else ()
        if old is not None and new is not None and was != now:
            details = (*details, *_reaching(was, now))
        if details or old is None or new is None:
            how = How.ADDED if old is None else How.REMOVED if new is None else How.CHANGED
            change = Change(
                part="rules", how=how, id=id_, details=details, at=now or was, zh=rule.name.zh, en=rule.name.en
            )
            changes.append((rule.entry, change))
    for (entry, how, details), alike in groupby(changes, key=lambda one: (one[0], one[1].how, one[1].details)):
        group = [change for _, change in alike]
        at = tuple(dict.fromkeys(subject for change in group for subject in change.at))
        yield Change(
            part="rules",
            how=how,
            id=group[0].id if len(group) == 1 else f"{entry} ({', '.join(one.id.partition('.')[2] for one in group)})",
            zh=group[0].zh,
            en=group[0].en,
            details=details,
            at=at,
        )


def _reaching(was: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    for word, these, those in (("watches now", now, was), ("watches no more", was, now)):
        if more := [subject for subject in these if subject not in those]:
            yield f"{word}: {', '.join(more)}"


def _people(present: Configuration, future: Configuration) -> Iterator[Change]:
    areas = {area.id for one in (present, future) for area in one.catalog.areas}

    def said(before: Receiver, after: Receiver) -> tuple[str, ...]:
        more, less = hears(before.told, after.told, areas)
        words = [word for word, so in (("is told of more", more), ("is told of less", less)) if so]
        return (*receiver_differences(before, after), *words)

    return _entries("people", present.people.by_id, future.people.by_id, said)


def _settings(part: str, before: BaseModel, after: BaseModel) -> Iterator[Change]:
    if details := differences(before, after):
        yield Change(part=part, how=How.CHANGED, id=part, details=details)


class _Touching:
    """What a change has to do with a warning that stands."""

    def __init__(self, present: Configuration, future: Configuration, reach: Mapping[str, tuple[str, ...]]) -> None:
        self._present, self._future = present, future
        self._before, self._after = ({rule.id: rule for rule in one.rules} for one in (present, future))
        self._reach = {rule: frozenset(subjects) for rule, subjects in reach.items()}

    def all(self, standing: Iterable[Standing]) -> Iterator[Touched]:
        for one in standing:
            warning = one.warning
            orphaned = tuple(self._orphaned(warning))
            why = (*orphaned, *(() if orphaned else self._judged(warning)), *self._told(one))
            if why:
                yield Touched(
                    warning=warning.id,
                    rule=warning.rule,
                    subject=warning.subject,
                    level=warning.level.value,
                    state=warning.state.value,
                    why=why,
                    orphaned=bool(orphaned),
                )

    def _orphaned(self, warning: PollutionWarning) -> Iterator[str]:
        """Why nothing would watch its condition any more; nothing where it was so before."""
        old, new = self._before.get(warning.rule), self._after.get(warning.rule)
        if old is None:
            return
        catalog = self._future.catalog
        if warning.subject not in (catalog.area_names if warning.subject_is_area else catalog.by_id):
            yield f"there is no {'area' if warning.subject_is_area else 'station'} {warning.subject} any more"
        elif new is None:
            yield f"rule {warning.rule} is gone"
        elif looks_elsewhere(old, new):
            yield f"rule {warning.rule} judges something else"
        elif warning.subject not in self._reach.get(warning.rule, ()):
            yield f"rule {warning.rule} does not watch {warning.subject} any more"
        elif limited(warning.parameter or "") and self._limit(self._future, warning) is None:
            yield f"nothing limits {limited(warning.parameter or '')} there any more"
        elif warning.parameter and not self._is_measured(warning, warning.parameter):
            yield f"nobody measures {warning.parameter} there any more"

    def _is_measured(self, warning: PollutionWarning, parameter: str) -> bool:
        """No sensor measures an index: whether it is watched still is asked of its rule."""
        if parameter in INDEX_NAMES:
            return True
        where = "area" if warning.subject_is_area else "id"
        there = [one for one in self._future.catalog.stations if getattr(one, where) == warning.subject]
        return any(parameter in station.parameters for station in there)

    def _judged(self, warning: PollutionWarning) -> Iterator[str]:
        """That other numbers decide from now on how it ends."""
        old, new = self._before.get(warning.rule), self._after.get(warning.rule)
        if old is not None and new is not None and old.hash != new.hash:
            yield f"rule {warning.rule} changes: {'; '.join(_only_judging(old, new))}"
        limits = [self._limit(one, warning) for one in (self._present, self._future)]
        if limits[0] != limits[1]:
            yield f"its limit changes: {limits[0]} -> {limits[1]}"

    @staticmethod
    def _limit(configuration: Configuration, warning: PollutionWarning) -> float | None:
        """What an hour there is held against."""
        parameter = limited(warning.parameter or "") or warning.parameter
        return limit_of_hour(configuration.catalog, configuration.discharge, warning.subject, parameter or "")

    def _told(self, one: Standing) -> Iterator[str]:
        """Who would hear how it goes on, and would not have, and the other way round."""
        before, after = (self._listeners(config, one) for config in (self._present, self._future))
        for id_ in sorted(before ^ after):
            yield f"{id_} is told of it from now on" if id_ in after else f"{id_} is told no more of it"

    @staticmethod
    def _listeners(configuration: Configuration, one: Standing) -> set[str]:
        warning, people = one.warning, configuration.people
        station = configuration.catalog.by_id.get(warning.subject)
        area = warning.subject if warning.subject_is_area else station.area if station else ""
        return {id_ for id_ in people.by_id if _hears(people, id_, one, area)}


def _hears(people: People, id_: str, one: Standing, area: str) -> bool:
    return would_hear(people.by_id[id_].told, one.warning, area=area, heard_before=id_ in one.heard)


def _only_judging(before: Rule, after: Rule) -> Iterator[str]:
    return (line for line in rule_differences(before, after) if not line.startswith(("name ", "source ")))
