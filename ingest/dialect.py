"""What a station's HJ 212 device means: MN, factor codes and its units -> our station, parameters and units. Pure.

The catalogue says all of it: `mn` and `hj212` of the station, `hj212` of the parameters. A unit is never inferred from
a code (STANDARDS 7.3: annex B has ng/m3 for particles that devices send in ug/m3): without a word in the station's
entry a value is in the parameter's own unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ingest.catalog import Parameter, Station
from ingest.codecs.report import MINUTES, Malformed, Moment, Refused, Report
from ingest.model import Reason
from ingest.units import SAME, Conversion, conversion


class Dialect:
    """How one station's device speaks."""

    __slots__ = ("_checksum", "_id", "_known", "_minutes", "_mn")

    def __init__(self, station: Station, parameters: Mapping[str, Parameter]) -> None:
        device = station.hj212
        codes = {code: name for name in station.parameters for code in parameters[name].hj212} | dict(device.codes)
        self._id, self._mn = station.id, station.mn
        self._checksum, self._minutes = device.checksum, device.minutes
        self._known: dict[str, tuple[str, Conversion]] = {}
        for code, name in codes.items():
            own = parameters[name].unit
            self._known[code] = (name, conversion(device.units.get(code, own), own) or SAME)

    @property
    def names(self) -> Mapping[str, str]:
        """The parameter of each code that is known."""
        return {code: name for code, (name, _) in self._known.items()}

    def translated(self, report: Report) -> Report | Malformed:
        """The report in our words; what the catalogue has no word for is refused alone."""
        assert report.coded is not None, "of what speaks HJ 212"
        if report.station != self._mn:
            known = f"has MN {self._mn!r}" if self._mn else "has no `mn`"
            return Malformed(Reason.STATION_MISMATCH, f"the frame says MN {report.station!r}, {self._id!r} {known}")
        if report.coded.checksum != self._checksum:
            detail = f"the checksum is {report.coded.checksum!r}, the device of {self._id!r} is to send"
            return Malformed(Reason.CRC, f"{detail} {self._checksum!r} (`hj212: {{checksum: ...}}` of the station)")
        refused = [*report.refused]
        moments = tuple([self._moment(moment, refused) for moment in report.moments])
        return Report(self._id, moments, tuple(refused), report.coded)

    def _moment(self, moment: Moment, refused: list[Refused]) -> Moment:
        values: dict[str, float | None] = {}
        codes: dict[str, str] = {}
        for code, value in moment.values.items():
            known = self._known.get(code)
            if known is None:
                detail = f"{self._id!r} has no parameter with the code {code[:40]!r} in the catalogue"
                refused.append(Refused(code[:40], Reason.UNKNOWN_PARAMETER, detail))
                continue
            name, convert = known
            if name in values:
                detail = f"{code} and {codes[name]} are both {name!r} of {self._id!r}"
                refused.append(Refused(code, Reason.REPEATED_KEY, detail))
                continue
            codes[name] = code
            values[name] = value if value is None or convert is SAME else convert.of(value)
        period = self._minutes if moment.period == MINUTES else moment.period
        if not moment.marks and not moment.times:
            return Moment(moment.time, period, values, moment.marks, moment.times)
        marks = {name: moment.marks[code] for name, code in codes.items() if code in moment.marks}
        times = {name: moment.times[code] for name, code in codes.items() if code in moment.times}
        return Moment(moment.time, period, values, marks, times)


_Whose = tuple[str, str]  # station of the topic, MN


class Parts:
    """The time of messages that come in several packets, where only the first one says it. Bounded.

    Each packet is a report of its own: nothing waits for one that may never come. One without a time takes that of the
    packet just before it, of the same message; where that did not come, it is refused.
    """

    _MOST = 10_000  # messages under way: one for each station that has ever sent one so

    def __init__(self) -> None:
        self._newest: dict[_Whose, tuple[str, int, int, datetime]] = {}

    def timed(self, station: str, report: Report) -> Report:
        """The report with its time, where the packets before it said it."""
        part = report.coded.part if report.coded is not None else None
        if part is None or not report.moments:
            return report
        whose = (station, report.station)
        (moment,) = report.moments
        time = moment.time
        if time is None:
            command, packets, number, known = self._newest.get(whose, ("", 0, 0, None))
            if known is None or (command, packets, number + 1) != part:
                return report
            time = known
        self._newest.pop(whose, None)
        if part.number < part.packets:
            self._newest[whose] = (*part, time)
        if len(self._newest) > self._MOST:
            del self._newest[next(iter(self._newest))]
        return report._replace(moments=(moment._replace(time=time),))

    def snapshot(self) -> list[list[Any]]:
        """Plain data for the checkpoint."""
        return [[*whose, *part, time.isoformat()] for whose, (*part, time) in self._newest.items()]

    def restore(self, state: Iterable[list[Any]]) -> None:
        """Takes the memory over."""
        for station, mn, command, packets, number, time in state:
            self._newest[station, mn] = (command, packets, number, datetime.fromisoformat(time))
