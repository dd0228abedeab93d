"""The catalogue: which stations and parameters there are, and what is known of each.

Pure: models of `config/parameters.yaml`, `config/areas.yaml` and `config/stations/*.yaml`, and look-ups over them.
Reading files is `settings`' task. Limits that come from no standard carry that remark in the YAML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from ingest.model import Kind
from ingest.units import conversion

STATION_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
PARAMETER_ID = r"^[a-z][a-z0-9_]{0,31}$"
MN = r"^[0-9A-Za-z_-]{14,24}$"  # 24 of 0-9 A-F in HJ 212-2017, 14 before; devices carry what they were given
FACTOR_CODE = r"^[0-9A-Za-z]{2,16}$"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Name(_Entry):
    """What a thing is called, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Flat(_Entry):
    """An analyser that repeats the same value: from when it is suspect, from when it has failed (hours)."""

    suspect_hours: float = Field(gt=0)
    fail_hours: float = Field(gt=0)
    above: float | None = None  # at or below it an analyser rests at its detection limit: that is no fault

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fail_hours < self.suspect_hours:
            msg = "fail_hours must not be below suspect_hours"
            raise ValueError(msg)
        return self


class Spike(_Entry):
    """A jump against the reading before: suspect when it is more than `step`, or `factor` times and above `floor`.

    With both given, either suffices. Unit: the parameter's.
    """

    step: float | None = Field(default=None, gt=0)
    factor: float | None = Field(default=None, gt=1)
    floor: float = 0.0

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.step is None and self.factor is None:
            msg = "give step or factor"
            raise ValueError(msg)
        return self


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


_FactorCode = Annotated[str, Field(pattern=FACTOR_CODE)]


class Parameter(_Entry):
    """One quantity: names, unit, and the quality limits that hold where a station says nothing else."""

    name: Name
    unit: str
    decimals: int = Field(default=2, ge=0, le=6)
    kinds: tuple[Kind, ...] = ()
    hj212: Annotated[tuple[_FactorCode, ...], BeforeValidator(_listed)] = ()  # factor codes; one may stand alone
    low: float  # below: fail, `range`
    high: float  # above: fail, `range`
    flat: Flat | None = None
    spike: Spike | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            msg = "low must be below high"
            raise ValueError(msg)
        return self


class Device(_Entry):
    """How a station's device speaks HJ 212, where it is not as the standard and `parameters.yaml` have it."""

    checksum: Literal["hj212", "modbus"] = "hj212"  # old devices send CRC-16/MODBUS; never both are taken
    minutes: Literal["1m", "5m", "10m"] = "10m"  # what a minute datum (2051) spans: the frame does not say it
    codes: Mapping[_FactorCode, str] = Field(default_factory=dict)  # its maker's, or of 2005: code -> parameter
    units: Mapping[_FactorCode, str] = Field(default_factory=dict)  # code -> unit it sends, where not the parameter's


class Station(_Entry):
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
    upstream_of: str | None = None  # id of the intake this monitor warns
    distance_km: float | None = Field(default=None, gt=0)  # along the water, to the intake
    mn: str | None = Field(default=None, pattern=MN)  # by which its HJ 212 device is known
    hj212: Device = Device()
    limits: Mapping[str, float] = Field(default_factory=dict)  # permit limits of an outfall, by parameter

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


class Area(_Entry):
    """A place that warnings are raised for as a whole; its stations say so themselves."""

    id: str = Field(pattern=STATION_ID)
    name: Name


_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def duration(given: Any) -> Any:
    """`90s`, `5m`, `1h`, `3d` as a `timedelta`; anything else is handed on for pydantic to judge."""
    if isinstance(given, str):
        text = given.strip()
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = text[len(number) :].strip()
        if unit in _UNITS:
            try:
                return timedelta(seconds=float(number) * _UNITS[unit])
            except (ValueError, OverflowError) as error:
                msg = f"not a duration: {given!r} (like 90s, 5m, 1h, 3d)"
                raise ValueError(msg) from error
    return given


class Catalog(_Entry):
    """All of it, checked against itself. Raises pydantic's `ValidationError` naming every problem at once."""

    parameters: Mapping[str, Parameter]
    areas: tuple[Area, ...]
    stations: tuple[Station, ...]

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

    def problems(self) -> list[tuple[tuple[int | str, ...], str]]:
        """What does not fit together: (number of the station, keys below it ...) and the message."""
        found: list[tuple[tuple[int | str, ...], str]] = []
        seen: set[str] = set()
        devices: dict[str, str] = {}
        areas = self.area_names
        for number, station in enumerate(self.stations):
            if station.id in seen:
                found.append(((number, "id"), f"station {station.id!r} is there twice"))
            seen.add(station.id)
            if station.area not in areas:
                found.append(((number, "area"), f"no area {station.area!r} in areas.yaml"))
            found.extend(
                ((number, "parameters", at), f"no parameter {name!r} in parameters.yaml")
                for at, name in enumerate(station.parameters)
                if name not in self.parameters
            )
            found.extend(
                ((number, "limits", name), f"{station.id!r} does not measure {name!r}")
                for name in station.limits
                if name not in station.parameters
            )
            if station.upstream_of and station.upstream_of not in self.by_id:
                found.append(((number, "upstream_of"), f"no station {station.upstream_of!r}"))
            if station.mn is not None and devices.setdefault(station.mn, station.id) != station.id:
                found.append(((number, "mn"), f"{devices[station.mn]!r} has the same MN"))
            found.extend(((number, "hj212", *path), message) for path, message in self._misfits(station))
        return found

    def _misfits(self, station: Station) -> Iterator[tuple[tuple[str, str], str]]:
        """Of its HJ 212 device."""
        device = station.hj212
        for code, name in device.codes.items():
            if name not in station.parameters:
                yield ("codes", code), f"{station.id!r} does not measure {name!r}"
        known = {code: name for name, of in self.parameters.items() for code in of.hj212} | dict(device.codes)
        for code, unit in device.units.items():
            parameter = self.parameters.get(known.get(code, ""))
            if parameter is None:
                yield ("units", code), f"no parameter has the code {code!r}"
            elif conversion(unit, parameter.unit) is None:
                yield ("units", code), f"{unit!r} cannot be turned into {parameter.unit!r}, the unit of {known[code]!r}"
