"""Whatever publishes, and the areas that warnings are raised for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from ingest.catalog.device import MN, Device
from ingest.catalog.entry import PARAMETER_ID, STATION_ID, Entry, Name, duration
from ingest.model import Kind


class Station(Entry):
    """A station: whatever publishes below `clearwarn/v1/{kind}/{id}`."""

    id: str = Field(pattern=STATION_ID)
    kind: Kind
    name: Name
    area: str = Field(pattern=STATION_ID)
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    parameters: tuple[Annotated[str, Field(pattern=PARAMETER_ID)], ...] = Field(min_length=1)
    interval: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))  # expected between readings
    lateness: timedelta = Field(default=timedelta(hours=72), gt=timedelta(0))
    zone: str | None = None  # names the zone of bare local times; without it they are refused
    role: Literal["", "intake", "upstream", "reservoir"] = ""
    mn: str | None = Field(default=None, pattern=MN)  # by which its HJ 212 device is known
    hj212: Device = Device()

    @field_validator("interval", "lateness", mode="before")
    @classmethod
    def _duration(cls, given: Any) -> Any:
        return duration(given)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                ZoneInfo(given)
            except (KeyError, ValueError, OSError) as error:
                msg = f"no such time zone: {given!r}"
                raise ValueError(msg) from error
        return given


class Area(Entry):
    """A place that warnings are raised for as a whole; its stations say so themselves."""

    id: str = Field(pattern=STATION_ID)
    name: Name
    # Of the air stations that measure a pollutant, how many an hour of the area's index needs [engineering default].
    coverage: Decimal = Field(default=Decimal("0.75"), gt=0, le=1)
