"""The windows of one station: its readings go in, of whatever period, and its hours are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from alerts.air.calendar import MINUTE, Calendar
from alerts.air.counting import FINER, HOURLY, INSTANT, MINUTES_AN_HOUR, width_of
from alerts.air.figures import OWN, OZONE, Judge, ranges
from alerts.air.hours import Hours, Mean, mean_of
from alerts.air.minutes import Minutes
from alerts.air.model import POLLUTANTS, AirStation, IndexValue
from alerts.air.subject import Subject

_MINUTES = (MINUTES_AN_HOUR,) * len(POLLUTANTS)


class Change(NamedTuple):
    """An hour of a pollutant that has another value than before; None for none."""

    row: int
    hour: int
    before: int | None
    after: int | None


class StationWindows(Subject):
    """A delivery's readings go in by `begin` and `take`; `settle` gives what they came to."""

    __slots__ = (
        "_at",
        "_micros",
        "_minutes",
        "_next_end",
        "_period",
        "_within",
        "changes",
        "off_hour",
        "station",
    )

    def __init__(self, *, station: AirStation, calendar: Calendar, judge: Judge) -> None:
        super().__init__(id_=station.id, calendar=calendar, judge=judge, lateness=station.lateness)
        self.station = station
        self.changes: list[Change] = []  # for the area; whoever takes them empties it
        self.off_hour = 0  # readings of `1h` that do not end with an hour of the clock
        self._next_end = 0  # microseconds: when the hour after the last is over
        self._minutes: dict[str, list[Minutes]] = {}  # of each pollutant, by period
        self._micros, self._period = -1, ""  # of the readings that are being taken
        self._at = self._within = 0  # their hour, and where in it they lie

    @property
    def parts(self) -> Sequence[int]:
        """Minutes."""
        return _MINUTES

    def begin(self, period: str, micros: int) -> bool:
        """The readings that follow are of this instant and period; whether they can still matter."""
        if micros != self._micros or period != self._period:
            self._micros, self._period = micros, period
            self._at, self._within = self._placed(period, micros)
        hours = self.hours or self._begin(self._at)
        if self._at <= self.front - self.late_hours:
            return False
        if micros >= self._next_end:
            self._end_hours(hours, micros)
        return True

    def take(self, row: int, value: int | None) -> None:
        """A reading, once `begin` let it; None where it does not count. What came last for an instant holds."""
        hours, hour, period = self.hours, self._at, self._period
        assert hours is not None, "begun"
        if period == HOURLY:
            self._take_hour(hours, row, hour, value)
            return
        minutes = (self._minutes.get(period) or self._begin_minutes(period))[row]
        slot, offset = divmod(self._within, minutes.width * MINUTE)
        minutes.put(hour, slot, value, offset if period == INSTANT else 0)
        if hour <= hours.last:
            self._work_out(hours, row, hour)

    def _begin_minutes(self, period: str) -> list[Minutes]:
        width = width_of(period, self.station.interval_seconds)
        self._minutes[period] = begun = [Minutes(width) for _ in POLLUTANTS]
        return begun

    def recall(self, past: Iterable[tuple[int, str, int, int | None]]) -> None:
        """As `take`, in order of instant (microseconds, period, pollutant, value); what is known already stands."""
        for micros, period, row, value in past:
            if self.begin(period, micros) and not self._knows(row):
                self.take(row, value)

    def _knows(self, row: int) -> bool:
        if self._period == HOURLY:
            return self.hours is not None and self.hours.part(row, self._at) == OWN
        if self._period not in self._minutes:
            return False
        minutes = self._minutes[self._period][row]
        return bool(minutes.of(self._at).held >> self._within // (minutes.width * MINUTE) & 1)

    def _placed(self, period: str, micros: int) -> tuple[int, int]:
        """The hour of an instant, and how far in it; an hour's end is still in it."""
        hour = self.calendar.begun(micros)
        if period == HOURLY:
            return hour, self.calendar.end_of(hour) - micros
        return hour, micros - 1 - self.calendar.end_of(hour - 1)

    def _take_hour(self, hours: Hours, row: int, hour: int, value: int | None) -> None:
        if self._within:  # it ends before its hour on the clock does
            self.off_hour += 1
        elif value is not None:
            self._set(hours, row, hour, value, OWN)
        elif hours.part(row, hour) == OWN:
            self._set(hours, row, hour, *self._mean(row, hour))

    def _end_hours(self, hours: Hours, micros: int) -> None:
        """Hours are over: what is there of them is worked out."""
        before, last = hours.last, self.calendar.ended(micros)
        self._reach(hours, last)
        self._next_end = self.calendar.end_of(hours.last + 1)
        oldest = self.front - self.late_hours
        for by_pollutant in self._minutes.values():
            for row, minutes in enumerate(by_pollutant):
                for hour in range(max(before + 1, hours.first), last + 1):
                    self._work_out(hours, row, hour)
                minutes.forget(oldest)

    def _work_out(self, hours: Hours, row: int, hour: int) -> None:
        if hours.part(row, hour) != OWN:
            self._set(hours, row, hour, *self._mean(row, hour))

    def _mean(self, row: int, hour: int) -> Mean:
        """The hour from readings of one finer period, and how many minutes there are of it."""
        most = 0
        for minutes in self._finer(row):
            total, held = minutes.of(hour)
            have = held.bit_count()
            if have * minutes.width >= self._judge.validity.minutes_an_hour:
                return mean_of(total, have, minutes.width)
            most = max(most, have * minutes.width)
        return None, most, 0

    def _finer(self, row: int) -> Iterator[Minutes]:
        return (self._minutes[period][row] for period in FINER if period in self._minutes)

    def _set(  # noqa: PLR0917  # one call a reading, no keywords
        self, hours: Hours, row: int, hour: int, value: int | None, parts: int, rest: int = 0
    ) -> None:
        before = hours.get(row, hour)
        if before == value and hours.part(row, hour) == parts and hours.rest(row, hour) == rest:
            return
        idle = before is None and value is None  # nothing rests on how many minutes are not enough
        if idle or (hour > self.front and row != OZONE):  # as nearly all are
            hours.put(row, hour, value, parts, rest)
        else:
            self._put(hours, row, hour, value, parts, rest)
        if before != value:
            self.changes.append(Change(row, hour, before, value))

    def settle(self) -> list[IndexValue]:
        """What is to be given out of all that was taken."""
        if self.hours is not None and (self.front < self.hours.last or self._before is not None):
            self._give_out(self.hours.last)
        return self.given()

    def gaps(self, row: int, hour: int) -> str:
        """Minutes, of the finer period that the hour was worked out from."""
        for minutes in self._finer(row):
            held = minutes.of(hour).held
            if held.bit_count() * minutes.width >= self._judge.validity.minutes_an_hour:
                each = (1 << minutes.width) - 1
                bits = sum(each << slot * minutes.width for slot in range(minutes.slots) if not held >> slot & 1)
                return ranges(bits)
        return ""

    def dump(self) -> dict[str, Any]:
        minutes = [[period, kept[0].width, [each.dump() for each in kept]] for period, kept in self._minutes.items()]
        return {**super().dump(), "minutes": minutes, "off_hour": self.off_hour}

    def load(self, state: Mapping[str, Any]) -> None:
        super().load(state)
        if self.hours is not None:
            self._next_end = self.calendar.end_of(self.hours.last + 1)
        self.off_hour = state["off_hour"]
        for period, width, kept in state["minutes"]:
            if width == width_of(period, self.station.interval_seconds):
                for minutes, saved in zip(self._begin_minutes(period), kept, strict=True):
                    minutes.load(saved)
