"""A drinking-water source: its protection zones, its intake, and the monitors upstream that give time to act."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ingest.catalog.entry import STATION_ID, Entry, Name
from ingest.catalog.outfall import Positive, Text, Zone

StationId = Annotated[str, Field(pattern=STATION_ID)]


class ProtectionZone(Entry):
    """One of its zones. GB 3838 clause 3 says which class it keeps: II in the primary, III in the secondary."""

    grade: Literal["primary", "secondary", "quasi"]
    extent: Text  # as the approval describes it
    area_km2: Positive | None = None
    approval: Text | None = None


class Velocity(Entry):
    """How fast the water runs, in m/s, from the slowest to the fastest that has to be reckoned with.

    Where `velocity` is measured: the front is reckoned so many times as fast, the tail so many times as slow, and after
    so many minutes a measurement says nothing any more.
    """

    slow: float = Field(gt=0, le=10)
    fast: float = Field(gt=0, le=10)
    front: float = Field(default=1.3, ge=1, le=3)  # STANDARDS 5.5: 1.3 x u as a cautious speed of the front [E]
    tail: float = Field(default=1.3, ge=1, le=3)  # the same the other way round [E]
    stale_minutes: float = Field(default=60.0, gt=0, le=1440)  # [E]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fast < self.slow:
            msg = "fast must not be below slow"
            raise ValueError(msg)
        return self


class Monitor(Entry):
    """A station upstream, `distance_km` along the water; without `velocity` the time of arrival is unknown."""

    station: StationId
    distance_km: float = Field(gt=0)
    zone: Zone = Zone.NONE
    velocity: Velocity | None = None


class WaterSource(Entry):
    """A source of drinking water."""

    code: Annotated[str, Field(pattern=r"^[^\s|]{1,64}$")]
    name: Name
    body: Literal["river", "lake", "reservoir", "groundwater"]
    setting: Literal["urban", "rural"]  # rural: 千吨万人, a target of its own
    water: Name | None = None
    supplies: Text | None = None  # the waterworks
    people: int | None = Field(default=None, gt=0)
    m3_per_day: Positive | None = None
    zones: tuple[ProtectionZone, ...] = ()
    intake: StationId | None = None  # the station that stands there
    intake_zone: Literal["primary", "secondary"] | None = None
    stations: tuple[StationId, ...] = ()  # others of it that lie on no way to the intake, as in a reservoir
    monitors: tuple[Monitor, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [monitor.station for monitor in self.monitors] + list(self.stations)
        if len({*named, self.intake}) <= len(named):
            msg = "a station is there twice, or is the intake too"
            raise ValueError(msg)
        if self.monitors and self.intake is None:
            msg = "monitors: of which intake?"
            raise ValueError(msg)
        return self
