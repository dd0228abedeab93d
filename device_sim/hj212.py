"""Reports as HJ 212 devices send them. Pure.

Shares nothing with the decoder on purpose: each is the check of the other. Written after HJ 212-2017: annex A for the
checksum, table 3 for the header, 2051, 2061 and 2031 for the content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from device_sim.encoder import Dispatch, Report
from device_sim.errors import ScenarioError
from ingest.catalog import Catalog, Station

TCP = "hj212-tcp"  # in place of a topic: what stands before the station of a frame that goes over TCP
_COMMANDS = {"1m": "2051", "5m": "2051", "10m": "2051", "1h": "2061", "1d": "2031"}
_SYSTEMS = {"air": "22", "source": "21", "outfall": "32"}
_PASSWORD = "123456"  # noqa: S105  # the standard's own example; nobody checks it
_LONGEST = 1024


def hj212_topic(kind: str, station: str) -> str:
    """Where that station publishes frames."""
    return f"clearwarn/v1/{kind}/{station}/hj212"


class Spoken(NamedTuple):
    """How a station's device says things."""

    station: str
    kind: str
    mn: str
    zone: ZoneInfo
    modbus: bool
    codes: Mapping[str, str]  # parameter -> factor code

    def over_mqtt(self, report: Report) -> Dispatch:
        """One frame, as a message."""
        return Dispatch(report.due, hj212_topic(self.kind, self.station), self.frame(report))

    def over_tcp(self, report: Report) -> Dispatch:
        """One frame, for the connection of that station."""
        return Dispatch(report.due, f"{TCP}/{self.station}", self.frame(report))

    def frame(self, report: Report) -> bytes:
        """A report that wants to be answered. Raises `ScenarioError` where it is too long for one frame."""
        due, began = report.due.astimezone(self.zone), report.began.astimezone(self.zone)
        factors = ";".join(
            f"{self.codes[name]}-Avg={value},{self.codes[name]}-Flag={report.marks.get(name, 'N')}"
            for name, value in report.values.items()
        )
        data = (
            f"QN={due:%Y%m%d%H%M%S}{(report.seq or 0) % 1000:03d};ST={_SYSTEMS[self.kind]};"
            f"CN={_COMMANDS[report.period]};PW={_PASSWORD};MN={self.mn};Flag=5;"
            f"CP=&&DataTime={began:%Y%m%d%H%M%S};{factors}&&"
        ).encode("ascii")
        if len(data) > _LONGEST:
            raise ScenarioError(
                f"{self.station} has too many parameters for one frame: {len(data)} bytes of {_LONGEST}"
            )
        return b"##%04d%b%04X\r\n" % (len(data), data, _checksum(data, modbus=self.modbus))


def spoken(station: Station, catalog: Catalog) -> Spoken:
    """How that station's device speaks. Raises `ScenarioError` where the catalogue does not say it."""
    if problems := "; ".join(_lacks(station, catalog)):
        raise ScenarioError(f"{station.id} cannot speak HJ 212: {problems}")
    return Spoken(
        station=station.id,
        kind=station.kind.value,
        mn=station.mn or "",
        zone=ZoneInfo(station.zone or "UTC"),
        modbus=station.hj212.checksum == "modbus",
        codes={name: _code(name, station, catalog) for name in station.parameters},
    )


def _lacks(station: Station, catalog: Catalog) -> Iterator[str]:
    if station.mn is None or station.zone is None:
        yield "its entry has no `mn` or no `zone`"
    if station.hj212.units:
        yield "its device has units of its own, which are not simulated"
    for name in station.parameters:
        if not _code(name, station, catalog):
            yield f"{name} has no factor code"


def _code(name: str, station: Station, catalog: Catalog) -> str:
    """Its own, or that of the parameter for air (a...) or water (w...)."""
    letter = "a" if station.kind.value == "air" else "w"
    own = [code for code, parameter in station.hj212.codes.items() if parameter == name]
    known = [code for code in catalog.parameters[name].hj212 if code.startswith(letter)]
    return next(iter([*own, *known]), "")


def _checksum(data: bytes, *, modbus: bool) -> int:
    """Annex A; or CRC-16/MODBUS, as old devices have it."""
    register = 0xFFFF
    for byte in data:
        register = register ^ byte if modbus else register >> 8 ^ byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register
