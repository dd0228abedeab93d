"""The readings of one outfall's monitor, as long as they can matter, and what they say of an hour.

A device's own hour wins over the hour worked out from finer readings, and the two are never mixed within an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.air.calendar import MINUTE, Calendar
from alerts.air.counting import FINER, HOURLY, INSTANT, width_of
from alerts.air.minutes import Minutes
from alerts.outfall import figures
from alerts.outfall.model import FLOW, Hour
from alerts.standards.discharge import DischargeMethod


class Readings:
    """Of the parameters named. Hours as `Calendar` numbers them; values in millionths."""

    __slots__ = ("_calendar", "_fine", "_interval_seconds", "_method", "_own")

    def __init__(
        self, *, parameters: Sequence[str], calendar: Calendar, method: DischargeMethod, interval_seconds: float
    ) -> None:
        self._calendar = calendar
        self._method = method
        self._interval_seconds = interval_seconds
        self._own: dict[str, dict[int, int]] = {name: {} for name in parameters}  # the device's own hours
        self._fine: dict[str, dict[str, Minutes]] = {}  # by period and parameter

    def put(self, parameter: str, period: str, micros: int, value: int | None) -> None:
        """None where it does not count. A reading of `1h` ends with an hour of the clock."""
        hour = self._calendar.begun(micros)
        if period != HOURLY:
            minutes = self._minutes(parameter, period)
            within = micros - 1 - self._calendar.end_of(hour - 1)
            slot, offset = divmod(within, minutes.width * MINUTE)
            minutes.put(hour, slot, value, offset if period == INSTANT else 0)
        elif value is None:
            self._own[parameter].pop(hour, None)
        else:
            self._own[parameter][hour] = value

    def _minutes(self, parameter: str, period: str) -> Minutes:
        by_parameter = self._fine.setdefault(period, {})
        found = by_parameter.get(parameter)
        if found is None:
            found = by_parameter[parameter] = Minutes(width_of(period, self._interval_seconds))
        return found

    def hour(self, parameter: str, hour: int) -> Hour | None:
        """The device's own, or else that of one finer period; None with too little of either."""
        own = figures.own_hour(self._own[parameter].get(hour), self._own[FLOW].get(hour), self._method)
        if own is not None:
            return own
        for period in FINER:
            by_parameter = self._fine.get(period, {})
            values, flows = (
                kept.stretches(hour) if kept is not None else {}
                for kept in (by_parameter.get(parameter), by_parameter.get(FLOW))
            )
            width = width_of(period, self._interval_seconds)
            found = figures.hour_of(values, flows, width=width, method=self._method)
            if found is not None:
                return found
        return None

    def plain(self, parameter: str, hour: int) -> int | None:
        """An hour's mean of what is not weighted: temperature."""
        if hour in self._own[parameter]:
            return self._own[parameter][hour]
        for period in FINER:
            minutes = self._fine.get(period, {}).get(parameter)
            if minutes is not None and (values := minutes.stretches(hour)):
                return figures.mean_temperature(values.values())
        return None

    def hours(self) -> Iterator[int]:
        """Those of which there is something, in no order."""
        for own in self._own.values():
            yield from own
        for by_parameter in self._fine.values():
            for minutes in by_parameter.values():
                yield from minutes.hours()

    def forget(self, before: int) -> None:
        """Drops the hours before that one."""
        for own in self._own.values():
            for hour in [hour for hour in own if hour < before]:
                del own[hour]
        for by_parameter in self._fine.values():
            for minutes in by_parameter.values():
                minutes.forget(before)

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        return {
            "own": {name: list(own.items()) for name, own in self._own.items()},
            "fine": {
                period: {name: [minutes.width, minutes.dump()] for name, minutes in kept.items()}
                for period, kept in self._fine.items()
            },
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave; what is measured no more, or at another pace, is dropped."""
        for name, own in state["own"].items():
            if name in self._own:
                self._own[name] = dict(own)
        for period, kept in state["fine"].items():
            for name, (width, saved) in kept.items():
                if name in self._own and width == width_of(period, self._interval_seconds):
                    self._minutes(name, period).load(saved)
