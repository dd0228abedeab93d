"""One configuration as dashboards see it: names, units, levels and rules, in one language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from alerts.console.sentences import unit as printed
from alerts.index_names import INDEX_NAMES, limited
from alerts.model import Level
from alerts.notifications import Language
from alerts.notify.words import WORDS, Words
from alerts.rules import Rule
from alerts.standards import AirStandards, AqiLevel, Targets
from alerts.standards.water_files import WaterStandards
from grafana.texts import TEXTS
from ingest.catalog import Area, Catalog, Station
from ingest.model import Kind

_JOINER = "\u2060"  # a word joiner: not seen, and what Grafana would fill in is no longer written as it wants it
_UNITS = {
    "ug/m3": "conμgm3",
    "mg/m3": "conmgm3",
    "%": "percent",
    "hPa": "pressurehpa",
    "m/s": "velocityms",
    "deg": "degree",
    "degC": "celsius",
    "": "none",
}  # Grafana's own; any other is shown as it is printed


class Named(Protocol):
    """A name in both languages."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


def plain(text: str) -> str:
    """A name as panels may show it, on one line: Grafana fills in `$name` and `${name}` wherever it finds them."""
    return " ".join(text.split()).replace("$", f"${_JOINER}").replace("[[", f"[{_JOINER}[") or "?"


@dataclass(frozen=True)
class Site:
    """What the builders are handed."""

    catalog: Catalog
    rules: tuple[Rule, ...]
    air: AirStandards
    water: WaterStandards
    targets: Targets
    language: Language

    @property
    def words(self) -> Words:
        """The vocabulary that messages use as well."""
        return WORDS[self.language]

    def text(self, key: str, **given: object) -> str:
        """A text of our own. Raises `KeyError` where there is none."""
        zh, en = TEXTS[key]
        return (zh if self.language is Language.ZH else en).format(**given)

    def name(self, named: Named) -> str:
        """In our language, harmless."""
        return plain(named.zh if self.language is Language.ZH else named.en)

    def level(self, level: Level) -> str:
        """What the level is called."""
        name = self.words.levels[level]
        return name[:1].upper() + name[1:]

    @property
    def aqi_levels(self) -> Sequence[AqiLevel]:
        """Of the newest edition."""
        return self.air.editions[-1].levels

    @cached_property
    def areas(self) -> Sequence[Area]:
        """Those that have stations."""
        used = {station.area for station in self.catalog.stations}
        return [area for area in self.catalog.areas if area.id in used]

    def stations(self, kind: Kind | None = None) -> Sequence[Station]:
        """Of that kind; of a source the way the water takes, to the intake."""
        found = [station for station in self.catalog.stations if kind in {None, station.kind}]
        if kind is not Kind.SOURCE:
            return found
        return sorted(found, key=lambda one: (one.area, one.role == "reservoir", -(self.distance(one.id) or 0)))

    def distance(self, station: str) -> float | None:
        """Kilometres along the water to the intake, of a monitor upstream."""
        known = self.catalog.monitors.get(station)
        return known[1].distance_km if known else None

    def travel(self, station: str) -> str:
        """How long the water takes to the intake, from the fastest to the slowest; empty where that is not known."""
        known = self.catalog.monitors.get(station)
        if known is None or known[1].velocity is None:
            return ""
        monitor, velocity = known[1], known[1].velocity
        soonest, latest = (monitor.distance_km / (3.6 * speed) for speed in (velocity.fast, velocity.slow))
        return self.text("source.travel", soonest=soonest, latest=latest)

    def way(self, station: str) -> str:
        """How far, and how long the water takes: what is seen there now is at the intake then. Empty at an intake."""
        distance = self.distance(station)
        return f"{self.text('source.km', km=distance)}{self.travel(station)}" if distance else ""

    @cached_property
    def subjects(self) -> Mapping[str, str]:
        """Names of stations and areas by id."""
        areas = {one.id: self.name(one.name) for one in self.catalog.areas}
        return areas | {one.id: self.name(one.name) for one in self.catalog.stations}

    @cached_property
    def rule_names(self) -> Mapping[str, str]:
        """By id."""
        return {rule.id: self.name(rule.name) for rule in self.rules}

    def parameter(self, name: str) -> str:
        """With its unit as it is printed: `氨氮 mg/L`."""
        known = self.catalog.parameters[name]
        return " ".join(filter(None, (self.name(known.name), known.unit and plain(printed(known.unit)))))

    def called(self, name: str) -> str:
        """Without its unit."""
        return self.name(self.catalog.parameters[name].name)

    def of_rule(self, name: str) -> str:
        """What a rule compares, by its name: a parameter, its share of a limit, an index."""
        known = limited(name) or name
        return self.called(known) if known in self.catalog.parameters else self.index(name)

    def index(self, name: str) -> str:
        """An index by its name; one that we have no word for keeps its code."""
        key = f"index.name.{name}"
        if key in TEXTS:
            return self.text(key)
        if name not in INDEX_NAMES:
            return name
        found = self.name(INDEX_NAMES[name])
        return found[:1].upper() + found[1:]

    def water_class(self, rank: int) -> str:
        """What a class of surface water is called; from 0 for the best."""
        standard = self.water.surface
        key = "water.class" if rank < len(standard.classes) else "water.worse"
        return self.text(key, name=standard.name(rank), last=standard.classes[-1])

    def unit(self, name: str) -> str:
        """Grafana's word for the parameter's unit."""
        unit = self.catalog.parameters[name].unit
        return _UNITS.get(unit) or f"suffix: {printed(unit)}"

    def decimals(self, name: str) -> int:
        """Digits after the point."""
        return self.catalog.parameters[name].decimals

    def measured(self, kind: Kind) -> Sequence[str]:
        """Parameters that any station of that kind has, in the catalogue's order."""
        has = {name for station in self.stations(kind) for name in station.parameters}
        return [name for name in self.catalog.parameters if name in has]
