"""Report x catalogue -> readings that have a place to belong to. Pure.

Answers for: the payload's station is the topic's, it is known and of that kind, times have a zone, parameters are
known. A period's start becomes the reading's instant, its END. What a value is worth is `quality`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.catalog import Catalog, Station
from ingest.codecs.report import Malformed, Moment, Report
from ingest.dialect import Dialect
from ingest.forecasts import speakers
from ingest.model import UNKNOWN_STATION, Period, Reason, Rejection
from ingest.topics import TCP, Address, Leaf

_LENGTHS: Mapping[str, timedelta] = {period.value: period.length for period in Period}


_NOTHING: Mapping[str, str] = {}
_new = tuple.__new__  # `_new(Claim, (...))` is `Claim(...)`, at half the cost


class Claim(NamedTuple):
    """The values a station claims for one instant and period; not yet judged."""

    period: str
    instant: datetime
    values: Mapping[str, float | None]
    marks: Mapping[str, str] = _NOTHING  # of those that the device marked; "N" for normal


class Validated(NamedTuple):
    """What a delivery comes to: claims of a known station, and what was rejected."""

    station: Station | None
    claims: Sequence[Claim]
    rejections: Sequence[Rejection]
    said: str = ""  # of the device's machines

    def only(self, parameters: tuple[str, ...] | None) -> Validated:
        """Of these parameters alone; of all of them where that is None."""
        if parameters is None:
            return self
        claims = [
            claim._replace(values={name: value for name, value in claim.values.items() if name in parameters})
            for claim in self.claims
        ]
        rejections = [r for r in self.rejections if r.parameter in parameters]
        return self._replace(claims=[claim for claim in claims if claim.values], rejections=rejections)


class Validator:
    """Holds a catalogue against reports."""

    def __init__(self, catalog: Catalog) -> None:
        self._stations = speakers(catalog)
        self._devices = catalog.by_mn
        self._parameters = catalog.parameters
        self._dialects: dict[str, Dialect] = {}  # of stations that have spoken HJ 212
        self._known = {station.id: frozenset(station.parameters) for station in self._stations.values()}

    def refuse(self, address: Address, malformed: Malformed) -> Validated:
        """A delivery that could not be decoded: one unit in the ledger."""
        return _nothing(malformed.reason, malformed.detail, self._accountable(address))

    def station(self, address: Address) -> Station | Rejection:
        """The station that topic speaks for, or why it speaks for none."""
        if address.kind == TCP:
            return self._by_mn(address.station)
        station = self._stations.get(address.station)
        if station is None:
            forecast = address.leaf is Leaf.FORECAST
            detail = f"no {'area' if forecast else 'station'} {address.station!r} in the catalogue"
            reason = Reason.UNKNOWN_AREA if forecast else Reason.UNKNOWN_STATION
            return Rejection(reason=reason, detail=detail, station=UNKNOWN_STATION)
        if station.kind != address.kind:
            detail = f"{station.id!r} is of kind {station.kind}, its topic says {address.kind}"
            return Rejection(reason=Reason.KIND_MISMATCH, detail=detail, station=station.id)
        return station

    def dialect(self, station: Station) -> Dialect:
        """How that station's HJ 212 device speaks."""
        known = self._dialects.get(station.id)
        if known is None:
            known = self._dialects[station.id] = Dialect(station, self._parameters)
        return known

    def check(self, address: Address, report: Report) -> Validated:
        """The report's claims, as far as the catalogue knows what they are about."""
        station = self.station(address)
        if isinstance(station, Rejection):
            return Validated(None, (), (station,))
        said = ""
        if report.coded is not None:
            translated = self.dialect(station).translated(report)
            if isinstance(translated, Malformed):
                return _nothing(translated.reason, translated.detail, station.id)
            said, report = report.coded.equipment, translated
        elif report.station != station.id:
            detail = f"the payload says {report.station!r}, its topic {station.id!r}"
            return _nothing(Reason.STATION_MISMATCH, detail, station.id)
        rejections: list[Rejection] = []
        if report.refused:
            rejections += [
                Rejection(reason=refused.reason, detail=refused.detail, station=station.id, parameter=refused.parameter)
                for refused in report.refused
            ]
        claims: list[Claim] = []
        for moment in report.moments:
            self._claim(station, moment, claims, rejections)
        return _new(Validated, (station, claims, rejections, said))

    def _by_mn(self, mn: str) -> Station | Rejection:
        station = self._devices.get(mn)
        if station is None:
            detail = f"no station in the catalogue has the MN {mn!r}"
            return Rejection(reason=Reason.UNKNOWN_STATION, detail=detail, station=UNKNOWN_STATION)
        return station

    def _accountable(self, address: Address) -> str:
        if address.kind == TCP:
            station = self._devices.get(address.station)
            return UNKNOWN_STATION if station is None else station.id
        return address.station if address.station in self._stations else UNKNOWN_STATION

    def _claim(self, station: Station, moment: Moment, claims: list[Claim], rejections: list[Rejection]) -> None:
        if moment.time is None:
            detail = "a packet without DataTime, and the one before it has not come"
            rejections.extend(_each(moment, station, Reason.SYNTAX, detail))
            return
        length = _LENGTHS[moment.period]
        zone = station.zone
        try:
            instant = _aware(moment.time, zone) + length
            times = moment.times
            own = {name: _aware(time, zone) + length for name, time in times.items()} if times else times
        except _BareTimeError as error:
            rejections.extend(_each(moment, station, Reason.BARE_LOCAL_TIME, str(error)))
            return
        except OverflowError:
            rejections.extend(_each(moment, station, Reason.WRONG_SHAPE, f"time out of range: {moment.time}"))
            return
        known = self._known[station.id]
        marks = moment.marks
        if not marks and not own and known.issuperset(moment.values):  # as nearly all are
            claims.append(_new(Claim, (moment.period, instant, moment.values, marks)))
            return
        together: dict[str, float | None] = {}
        for name, value in moment.values.items():
            if name not in known:
                detail = f"{station.id!r} has no parameter {name!r} in the catalogue"
                rejections.append(
                    Rejection(reason=Reason.UNKNOWN_PARAMETER, detail=detail, station=station.id, parameter=name)
                )
            elif name in own:
                claims.append(Claim(moment.period, own[name], {name: value}, marks))
            else:
                together[name] = value
        if together:
            claims.append(Claim(moment.period, instant, together, marks))


class _BareTimeError(ValueError):
    """A local time without offset, from a station whose entry names no zone."""


def _aware(time: datetime, zone: str | None) -> datetime:
    """In UTC. An hour that daylight saving repeats is taken as its first (`fold` 0)."""
    if time.tzinfo is None:
        if zone is None:
            msg = f"{time.isoformat()} has no offset and the station's entry names no zone"
            raise _BareTimeError(msg)
        time = time.replace(tzinfo=ZoneInfo(zone))
    return time.astimezone(UTC)


def _each(moment: Moment, station: Station, reason: Reason, detail: str) -> list[Rejection]:
    """One rejection a value; one for a moment that has none."""
    names: list[str | None] = [*moment.values] or [None]
    return [Rejection(reason=reason, detail=detail, station=station.id, parameter=name) for name in names]


def _nothing(reason: Reason, detail: str, station: str) -> Validated:
    return Validated(None, (), (Rejection(reason=reason, detail=detail, station=station),))
