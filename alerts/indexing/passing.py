"""A file's rows in, blocks of lines out: once through the file, with a few days a station in memory. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from alerts.air.calendar import MAY_BE_MEASURED, Calendar, Day
from alerts.air.figures import Judge
from alerts.air.model import POLLUTANTS
from alerts.errors import UnusableFileError
from alerts.indexing.lines import Period, of_day, of_hours
from alerts.indexing.ports import HourlyFile
from alerts.indexing.stations import LATE_HOURS, Arrival, StationHours
from alerts.standards import Pollutant

MICROS = 1_000_000
EARLIEST = MAY_BE_MEASURED.timestamp()
LATEST = datetime(9990, 1, 1, tzinfo=UTC).timestamp()  # calendars end soon after


@dataclass(frozen=True, slots=True)
class Block:
    """All lines of a station's day."""

    station: str
    date: date
    lines: str


@dataclass(slots=True)
class Account:
    """What became of the rows, and how the lines turned out."""

    rows: int = 0
    arrivals: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    first: date | None = None
    last: date | None = None
    stations: int = 0


class Passing:
    """One pass over a file. Raises `UnusableFileError` where its rows are not hourly, or too far out of order."""

    def __init__(self, *, source: HourlyFile, judge: Judge, period: Period, tell: Callable[[str], None]) -> None:
        self._source = source
        self._rows = [POLLUTANTS.index(Pollutant(name)) for name in source.present]
        self._judge = judge
        self._period = period
        self._tell = tell
        self._stations: dict[str, StationHours] = {}
        self._calendars: dict[tzinfo, Calendar] = {}
        self.account = Account()

    def blocks(self) -> Iterator[Block]:
        """A station's days in order; those of several stations as their rows settle them."""
        for line, name, began, values in self._source.rows():
            self.account.rows += 1
            station = self._stations.get(name)
            calendar = station.calendar if station is not None else self._calendar(name)
            hour = self._hour(calendar, line, began)
            if hour is None:
                continue
            if station is None:
                station = self._stations[name] = StationHours(
                    calendar=calendar, judge=self._judge, rows=self._rows, hour=hour
                )
            elif station.due(hour):
                yield from self._blocks(name, station, station.settled(hour))
            arrival = station.put(hour, values, line)
            if arrival is not Arrival.NEW:
                self._note(arrival, name, station, hour, line)
        self.account.stations = len(self._stations)
        for name, station in self._stations.items():
            yield from self._blocks(name, station, station.rest())

    def _calendar(self, station: str) -> Calendar:
        zone = self._source.zone_of(station)
        return self._calendars.setdefault(zone, Calendar(zone))

    def _hour(self, calendar: Calendar, line: int, began: float) -> int | None:
        """By its number; None where no calendar has it."""
        if not EARLIEST <= began < LATEST:
            self._source.refuse(line, "bad_time", "nobody measured then")
            return None
        end = round((began + 3600) * MICROS)
        hour = calendar.ended(end)
        if calendar.end_of(hour) != end:
            raise UnusableFileError(
                f"{self._source.name}:{line}: {datetime.fromtimestamp(began, calendar.zone).isoformat()} is not the "
                "beginning of an hour: rows must be hourly means (see --label)"
            )
        return hour

    def _note(self, arrival: Arrival, name: str, station: StationHours, hour: int, line: int) -> None:
        when = station.calendar.moment(hour - 1).astimezone(station.calendar.zone).isoformat()
        if arrival is Arrival.TOO_LATE:
            raise UnusableFileError(
                f"{self._source.name}:{line}: {when} of station {name} comes more than {LATE_HOURS} h after its line "
                f"{station.newest_line}: sort the file by time, or correct that line"
            )
        self.account.arrivals[arrival.value] += 1
        if arrival is Arrival.CORRECTED:
            self._tell(
                f"{self._source.name}:{line}: corrected: {when} of station {name} is there again; the last holds"
            )

    def _blocks(self, name: str, station: StationHours, days: Iterable[tuple[Day, range]]) -> Iterator[Block]:
        account = self.account
        for day, hours in days:
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            if self._period is Period.DAY:
                lines = of_day(name, day, station, self._judge)
            else:
                lines = of_hours(name, day, hours, station, self._judge)
            for line, status in lines:
                writer.writerow(line)
                account.statuses[status.value] += 1
            account.first = min(account.first or day.date, day.date)
            account.last = max(account.last or day.date, day.date)
            yield Block(name, day.date, text.getvalue())
