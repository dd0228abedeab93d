"""The one bridge between intake and `alerts`: places from the catalogue, and what the console may look at."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.air.model import AirArea, AirStation
from alerts.air.network import AirNetwork
from alerts.errors import JournalError
from alerts.index_names import INDEX_NAMES
from alerts.indexing.water_cli import Setting
from alerts.journal import Journal
from alerts.model import Place
from alerts.outfall.model import OutfallMonitor
from alerts.outfall.network import OutfallNetwork
from alerts.ports import Point, StationState
from alerts.standards import AirStandards, exact
from alerts.standards.discharge import DischargeLimit, DischargeStandards
from alerts.standards.water import Body, WaterStandard, Zone
from alerts.standards.water_files import WaterStandards
from alerts.travel import VELOCITY, Reach
from alerts.views import Standing
from alerts.water.model import WaterMonitor
from alerts.water.network import WaterNetwork
from alerts.windows import MILLION
from ingest.adapters.database import open_reader
from ingest.catalog import Catalog, Limit, Outfall, Station, WaterSource
from ingest.errors import StoreUnavailableError
from ingest.fleet import Fleet
from ingest.model import Kind, Period
from ingest.ports import Clock, ReadingStore

LAW_ZONE = "Asia/Shanghai"
_SILENT_AFTER = 3  # intervals, as the shipped absence rule has it


def places(catalog: Catalog) -> tuple[Place, ...]:
    """Stations and areas as warnings name them."""
    return (*(_place(station, catalog) for station in catalog.stations), *_areas(catalog))


def _place(station: Station, catalog: Catalog) -> Place:
    return Place(
        id=station.id,
        zh=station.name.zh,
        en=station.name.en,
        kind=station.kind.value,
        area=station.area,
        role=station.role,
        interval_seconds=station.interval.total_seconds(),
        lateness_seconds=station.lateness.total_seconds(),
        lon=station.lon,
        lat=station.lat,
        limits=tuple((name, limit.hourly) for name, limit in catalog.limits_of(station.id).items()),
        reach=_reach(station, catalog),
    )


def _reach(station: Station, catalog: Catalog) -> Reach | None:
    """The way to the intake; None where the station is not upstream of one, or the water's velocity is not known."""
    intake, monitor = catalog.monitors.get(station.id, ("", None))
    if monitor is None or monitor.velocity is None:
        return None
    velocity = monitor.velocity
    measuring = (one for one in (station.id, intake) if VELOCITY in catalog.by_id[one].parameters)
    return Reach(
        intake=intake,
        distance_km=monitor.distance_km,
        slow=velocity.slow,
        fast=velocity.fast,
        gauge=next(measuring, ""),
        front=velocity.front,
        tail=velocity.tail,
        stale=round(velocity.stale_minutes * 60e6),
    )


def water_settings(catalog: Catalog) -> dict[str, Setting]:
    """How the water classes of a source's stations are judged, by station."""
    return {station: _setting(station, source) for station, source in catalog.source_of.items()}


def _setting(station: str, source: WaterSource) -> Setting:
    monitor = next((one for one in source.monitors if one.station == station), None)
    zone = monitor.zone if monitor else source.intake_zone if station == source.intake else None
    return Setting(
        body=Body.LAKE if source.body in {"lake", "reservoir"} else Body.RIVER,
        zone=Zone(zone) if zone in tuple(Zone) else Zone.NONE,
        group=source.setting,
        source=source.code,
        volume=source.m3_per_day or 0.0,
    )


def water_network(catalog: Catalog, standards: WaterStandards) -> WaterNetwork:
    """The windows of the monitors of water sources, held against the class of the zone that they stand in."""
    settings, standard = water_settings(catalog), standards.surface
    monitors = [
        _water_monitor(station, settings.get(station.id), standard)
        for station in catalog.stations
        if station.kind is Kind.SOURCE
    ]
    return WaterNetwork(monitors=monitors, standard=standard, method=standards.compliance)


def _water_monitor(station: Station, setting: Setting | None, standard: WaterStandard) -> WaterMonitor:
    """A station that no source names is a river's, outside of any zone, unless its role says otherwise."""
    body = setting.body if setting else Body.LAKE if station.role == "reservoir" else Body.RIVER
    judged = {*standard.wanted(body), *standard.supplementary}
    return WaterMonitor(
        station=station.id,
        zone=ZoneInfo(station.zone or LAW_ZONE),
        interval_seconds=station.interval.total_seconds(),
        lateness=station.lateness,
        body=body,
        target=standard.targets[setting.zone if setting else Zone.NONE],
        items=tuple(name for name in station.parameters if name in judged),
    )


def _areas(catalog: Catalog) -> Iterator[Place]:
    """Those that have stations. What is worked out of them may be as late as the latest of them."""
    stations: dict[str, list[Station]] = {}
    for station in catalog.stations:
        stations.setdefault(station.area, []).append(station)
    for area in catalog.areas:
        if inside := stations.get(area.id):
            kinds = tuple(sorted({station.kind.value for station in inside}))
            yield Place(
                id=area.id,
                zh=area.name.zh,
                en=area.name.en,
                kind=kinds[0],
                area=area.id,
                lateness_seconds=max(station.lateness for station in inside).total_seconds(),
                is_area=True,
                kinds=kinds,
            )


def outfall_network(catalog: Catalog, standards: DischargeStandards) -> OutfallNetwork:
    """The windows of the stations that watch an outfall of which limits are known."""
    monitors = [
        monitor
        for station in catalog.stations
        if station.kind is Kind.OUTFALL and (monitor := _outfall_monitor(station, catalog, standards)).limits
    ]
    return OutfallNetwork(monitors=monitors, method=standards.method)


def limit_of_hour(catalog: Catalog, standards: DischargeStandards, station: str, parameter: str) -> float | None:
    """What an hour at an outfall's station is held against, in the parameter's unit, in water that is not cold."""
    known = catalog.by_id.get(station)
    limit = _discharge_limits(known, catalog, standards).get(parameter) if known else None
    amount = limit.of_hour(cold=False) if limit else None
    return None if amount is None else amount / MILLION


def _discharge_limits(
    station: Station, catalog: Catalog, standards: DischargeStandards
) -> Mapping[str, DischargeLimit]:
    """The permit's, and where it is silent those of the standard, of what the station measures."""
    outfall = catalog.outfall_of.get(station.id)
    permitted = {name: _discharge_limit(limit, outfall) for name, limit in catalog.limits_of(station.id).items()}
    discharge = outfall.discharge if outfall else None
    limits = standards.limits(
        permitted, standard=discharge.standard if discharge else None, grade=discharge.grade if discharge else None
    )
    return {name: limit for name, limit in limits.items() if name in station.parameters}


def _outfall_monitor(station: Station, catalog: Catalog, standards: DischargeStandards) -> OutfallMonitor:
    outfall = catalog.outfall_of.get(station.id)
    return OutfallMonitor(
        station=station.id,
        outfall=outfall.code if outfall else station.id,
        zone=ZoneInfo(station.zone or LAW_ZONE),
        interval_seconds=station.interval.total_seconds(),
        lateness=station.lateness,
        limits=_discharge_limits(station, catalog, standards),
    )


def _discharge_limit(limit: Limit, outfall: Outfall | None) -> DischargeLimit:
    number = outfall.permit.number if outfall and outfall.permit else ""
    hour, day, cold = (None if amount is None else exact(amount) for amount in (limit.hour, limit.day, limit.cold_day))
    return DischargeLimit(hour, day, cold, f"permit {number}")


def air_network(catalog: Catalog, standards: AirStandards) -> AirNetwork:
    """The windows of its air stations and their areas. A station that names no zone is in the law's."""
    stations = [_air_station(station) for station in catalog.stations if station.kind is Kind.AIR]
    zones = {station.area: station.zone for station in reversed(stations)}
    areas = [
        AirArea(id=area.id, zone=zones[area.id], coverage=area.coverage) for area in catalog.areas if area.id in zones
    ]
    return AirNetwork(stations=stations, areas=areas, standards=standards)


def _air_station(station: Station) -> AirStation:
    return AirStation(
        id=station.id,
        area=station.area,
        zone=ZoneInfo(station.zone or LAW_ZONE),
        pollutants=frozenset(station.parameters),
        interval_seconds=station.interval.total_seconds(),
        lateness=station.lateness,
    )


def standing_in(folder: Path) -> tuple[Standing, ...]:
    """What stands by the journal of a data folder, whoever works in it; nothing where there is no journal yet.

    Raises `JournalError`.
    """
    if not (folder / "state.db").exists():
        return ()
    try:
        with closing(open_reader(folder / "state.db")) as connection:
            return Journal(connection).standing()
    except sqlite3.Error as error:
        raise JournalError(f"{folder / 'state.db'}: {error}") from error


class Observed:
    """`alerts.ports.Observations` over catalogue, fleet and store."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        fleet: Fleet,
        store: ReadingStore,
        clock: Clock,
        intake: Callable[[], Mapping[str, int | float | str]],
    ) -> None:
        self._catalog = catalog
        self._places = {place.id: place for place in places(catalog) if not place.is_area}
        self._fleet = fleet
        self._store = store
        self._clock = clock
        self._intake = intake

    async def history(self, station: str, parameter: str, start: datetime, end: datetime) -> Sequence[Point]:
        """Of the station's finest period in that span, or of the index of that name: periods do not mix in a curve."""
        try:
            for period in Period:
                found = await self._store.history(station, parameter, start, end, period=period.value)
                if found:
                    return [Point(instant=point.instant, value=point.value, flag=point.flag) for point in found]
            for span in (Period.HOUR, Period.DAY):
                indices = await self._store.indices(station, parameter, span.value, start, end)
                if indices:
                    return [Point(instant=index.instant, value=index.value, flag=index.flag) for index in indices]
        except StoreUnavailableError as error:
            raise OSError(str(error)) from error
        return []

    def stations(self) -> Sequence[StationState]:
        """Every station of the catalogue."""
        now = self._clock.now()
        return [self._state(station, now) for station in self._catalog.stations]

    def intake(self) -> Mapping[str, int | float | str]:
        """Totals and states."""
        return self._intake()

    def parameter(self, name: str) -> tuple[str, str, str, int]:
        """Names, unit, decimals."""
        if (index := INDEX_NAMES.get(name)) is not None:
            return index.zh, index.en, index.unit, index.decimals
        known = self._catalog.parameters.get(name)
        return (known.name.zh, known.name.en, known.unit, known.decimals) if known else (name, name, "", 2)

    def _state(self, station: Station, now: datetime) -> StationState:
        known = self._fleet.of(station.id)
        patience = max(_SILENT_AFTER * station.interval, timedelta(minutes=10))
        return StationState(
            place=self._places[station.id],
            last_instant=known.last_instant,
            last_received=known.last_received,
            values={name: (reading.value, reading.flag) for name, reading in known.values.items()},
            silent=known.last_instant is None or now - known.last_instant > patience,
        )
