"""All of it together, checked against itself, and look-ups over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from ingest.catalog.entry import Entry, Name
from ingest.catalog.outfall import Limit, Outfall
from ingest.catalog.parameter import Parameter
from ingest.catalog.station import Area, Station
from ingest.catalog.water_source import Monitor, WaterSource
from ingest.model import Kind

Problem = tuple[tuple[int | str, ...], str]  # section, number in it, keys ...; and the message


class Catalog(Entry):
    """All of it, checked against itself. Raises pydantic's `ValidationError` naming every problem at once."""

    parameters: Mapping[str, Parameter]
    areas: tuple[Area, ...]
    stations: tuple[Station, ...]
    outfalls: tuple[Outfall, ...] = ()
    water_sources: tuple[WaterSource, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Station]:
        """Stations by id."""
        return {station.id: station for station in self.stations}

    @cached_property
    def by_mn(self) -> Mapping[str, Station]:
        """Stations by the MN of their HJ 212 device."""
        return {station.mn: station for station in self.stations if station.mn is not None}

    @cached_property
    def area_names(self) -> Mapping[str, Name]:
        """Area names by id."""
        return {area.id: area.name for area in self.areas}

    @cached_property
    def outfall_of(self) -> Mapping[str, Outfall]:
        """The outfall that a station watches, by the station's id."""
        return {station: outfall for outfall in self.outfalls for station in outfall.stations}

    @cached_property
    def source_of(self) -> Mapping[str, WaterSource]:
        """The water source that a station belongs to, by the station's id."""
        return {station: source for source in self.water_sources for station in _stations_of(source)}

    @cached_property
    def monitors(self) -> Mapping[str, tuple[str, Monitor]]:
        """(intake, how the water goes there) of each monitor upstream, by the monitor's id."""
        return {
            monitor.station: (source.intake, monitor)
            for source in self.water_sources
            if source.intake is not None
            for monitor in source.monitors
        }

    def limits_of(self, station: str) -> Mapping[str, Limit]:
        """The permit's limits of the outfall that a station watches, by parameter; none where there is no permit."""
        outfall = self.outfall_of.get(station)
        return outfall.permit.limits if outfall is not None and outfall.permit is not None else {}

    def problems(self) -> list[Problem]:
        """What does not fit together."""
        return [*self._of_stations(), *self._of_outfalls(), *self._of_sources()]

    def _of_stations(self) -> Iterator[Problem]:
        seen: set[str] = set()
        areas = self.area_names
        for number, station in enumerate(self.stations):
            if station.id in seen:
                yield ("stations", number, "id"), f"station {station.id!r} is there twice"
            seen.add(station.id)
            if station.id in areas:  # indices, forecasts and warnings are told by that name
                yield ("stations", number, "id"), f"{station.id!r} is the name of an area"
            if station.area not in areas:
                yield ("stations", number, "area"), f"no area {station.area!r} in areas.yaml"
            for at, name in enumerate(station.parameters):
                if name not in self.parameters:
                    yield ("stations", number, "parameters", at), f"no parameter {name!r} in parameters.yaml"
            if station.mn is not None:
                yield from self._of_device(("stations", number), station)

    def _of_device(self, at: tuple[str, int], station: Station) -> Iterator[Problem]:
        if station.mn is not None and (other := self.by_mn[station.mn]) is not station:
            yield (*at, "mn"), f"{other.id!r} has the same MN"
        if station.zone is None:
            yield (*at, "mn"), "an HJ 212 device writes local time without an offset: name the station's zone"
        for path, message in station.hj212.misfits(station.parameters, self.parameters):
            yield (*at, "hj212", *path), message

    def _of_outfalls(self) -> Iterator[Problem]:
        codes: set[str] = set()
        watched: set[str] = set()
        for number, outfall in enumerate(self.outfalls):
            at = ("outfalls", number)
            if outfall.code in codes:
                yield (*at, "code"), f"outfall {outfall.code!r} is there twice"
            codes.add(outfall.code)
            yield from self._named((*at, "stations"), outfall.stations, Kind.OUTFALL, watched)
            for name in outfall.permit.limits if outfall.permit else ():
                if name not in self.parameters:
                    yield (*at, "permit", "limits", name), f"no parameter {name!r} in parameters.yaml"

    def _of_sources(self) -> Iterator[Problem]:
        codes: set[str] = set()
        watched: set[str] = set()
        for number, source in enumerate(self.water_sources):
            at = ("water_sources", number)
            if source.code in codes:
                yield (*at, "code"), f"water source {source.code!r} is there twice"
            codes.add(source.code)
            if source.intake is not None:
                yield from self._known((*at, "intake"), source.intake, Kind.SOURCE, watched)
            yield from self._named((*at, "stations"), source.stations, Kind.SOURCE, watched)
            for one, monitor in enumerate(source.monitors):
                yield from self._known((*at, "monitors", one, "station"), monitor.station, Kind.SOURCE, watched)

    def _named(
        self, at: tuple[int | str, ...], stations: tuple[str, ...], kind: Kind, watched: set[str]
    ) -> Iterator[Problem]:
        for number, station in enumerate(stations):
            yield from self._known((*at, number), station, kind, watched)

    def _known(self, at: tuple[int | str, ...], station: str, kind: Kind, watched: set[str]) -> Iterator[Problem]:
        found = self.by_id.get(station)
        if found is None:
            yield at, f"no station {station!r}"
        elif found.kind is not kind:
            yield at, f"station {station!r} is of kind {found.kind.value}, not {kind.value}"
        if station in watched:
            yield at, f"station {station!r} is named elsewhere already"
        watched.add(station)


def _stations_of(source: WaterSource) -> Iterator[str]:
    if source.intake is not None:
        yield source.intake
    yield from source.stations
    yield from (monitor.station for monitor in source.monitors)
