"""What the hours of a station or area amount to: means, IAQIs and AQIs of an hour or a day, the valid ones alone.

Pure functions of the hours as they stand, so that the same hours give the same figures whatever came when. Which
validity counts are the law's `alerts.standards` says (GB 3095 table 4; MDA8: HJ 663-2013 [not verified]).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from alerts.air.calendar import Day
from alerts.air.hours import Hours
from alerts.air.model import POLLUTANTS
from alerts.standards import (
    POLLUTANT_OF,
    AirStandards,
    Amounts,
    Edition,
    Indicator,
    Pollutant,
    Report,
    Validity,
    ZoneClass,
    daily,
    half_even,
    hourly,
    number,
)

DAY_HOURS = 24
OZONE_HOURS = 8
OZONE = POLLUTANTS.index(Pollutant.O3)
OZONE_8H = len(POLLUTANTS)  # the row of running 8 h means
ROWS = OZONE_8H + 1
REACH = DAY_HOURS - 1 + OZONE_HOURS - 1  # hours after an hour on which it still bears
_REMEMBERED = 512  # days whose edition is known; asked for with every hour
OWN = -1  # parts of an hour that the device worked out itself

_MEANS = tuple((row, name, Indicator(f"{name}_24h")) for row, name in enumerate(POLLUTANTS) if row != OZONE)
_HOURLY = tuple((row, name.value, Indicator(f"{name}_1h")) for row, name in enumerate(POLLUTANTS))
_IAQI = {indicator: f"iaqi_{pollutant}" for indicator, pollutant in POLLUTANT_OF.items()} | {
    Indicator.O3_8H: "iaqi_o3_8h"
}
_IAQI_OF_DAY = _IAQI | {Indicator.O3_1H: "iaqi_o3_1h"}
_NAMES = {indicator: indicator.value for indicator in Indicator}  # plain texts
_LARGEST = {Indicator.O3_8H: "o3_8h_max", Indicator.O3_1H: "o3_1h_max"}  # of a day
_EPISODES = (("aqi_24h_pm2_5", Indicator.PM2_5_24H), ("aqi_24h_o3", Indicator.O3_8H))


class Figure(NamedTuple):
    """A valid value, and how complete it is; `missing` has a bit for each part that was not there."""

    value: float
    have: int
    of: int
    missing: int = 0
    primary: str = ""


Figures = dict[str, Figure]
_WHOLE = Figure(0.0, 1, 1)
_figure = partial(tuple.__new__, Figure)  # as `Figure(...)`, at a third of the cost


class Statistics(NamedTuple):
    """What a day, natural or the last 24 hours, amounts to: valid amounts as reported, and their figures."""

    amounts: dict[Indicator, int | None]
    figures: dict[Indicator, Figure]


class Judge:
    """Works out figures for one zone class. Remembers nothing but which edition is whose."""

    __slots__ = ("_editions", "_standards", "_validity", "_zone_class")

    def __init__(self, standards: AirStandards, zone_class: ZoneClass) -> None:
        self._standards = standards
        self._validity = standards.validity
        self._zone_class = zone_class
        self._editions: dict[date, Edition] = {}

    @property
    def validity(self) -> Validity:
        """How much valid data a statistic needs."""
        return self._validity

    def edition_on(self, day: date) -> Edition:
        """By the date measured."""
        found = self._editions.get(day)
        if found is None:
            if len(self._editions) >= _REMEMBERED:
                self._editions.clear()
            found = self._editions[day] = self._standards.edition_on(day)
        return found

    def ozone_8h(self, hours: Hours, hour: int, edition: Edition) -> tuple[int | None, int]:
        """The mean of the eight hours up to that one, as reported, and of how many; None with fewer than six."""
        total, of, held = hours.over(OZONE, hour - OZONE_HOURS, hour)
        have = held.bit_count()
        if have < self._validity.hours_of_eight:
            return None, have
        return edition.reported(Pollutant.O3, total, of * have), have

    def of_hour(self, hours: Hours, hour: int, day: date, of: Sequence[int]) -> Figures:
        """All of an hour that are valid; `of` is how many parts an hour has, for each pollutant."""
        edition = self.edition_on(day)
        last = self._statistics(hours, hour - DAY_HOURS, hour, day, edition)
        found: Figures = {}
        amounts, bases = last.amounts.copy(), last.figures.copy()
        for indicator in _LARGEST:
            amounts.pop(indicator, None)
        at = hour - hours.first
        for row, name, indicator in _HOURLY:
            if hours.held[row] >> at & 1:
                amount, parts = hours.rows[row][at], hours.parts[row][at]
                if parts == OWN:  # a reading already
                    bases[indicator] = _WHOLE
                else:
                    bases[indicator] = found[name] = _figure((number(amount), parts, of[row], 0, ""))
                amounts[indicator] = edition.reported(POLLUTANTS[row], amount)
        if hours.held[OZONE_8H] >> at & 1:
            amounts[Indicator.O3_8H] = eight = hours.rows[OZONE_8H][at]
            *_, held = hours.over(OZONE, hour - OZONE_HOURS, hour)
            bases[Indicator.O3_8H] = found["o3_8h"] = _of_parts(eight, held, OZONE_HOURS)
        report = hourly(edition, amounts)
        for indicator, index in report.iaqi.items():
            found[_IAQI[indicator]] = _figure((float(index), *bases[indicator][1:]))
        _add_aqi(found, "aqi", report)
        self._add_last_day(found, last, edition)
        return found

    def _add_last_day(self, found: Figures, last: Statistics, edition: Edition) -> None:
        for indicator, figure in last.figures.items():
            if indicator is Indicator.O3_8H:
                found["o3_8h_24h"] = figure
            elif indicator is not Indicator.O3_1H:
                found[_NAMES[indicator]] = figure
        report = daily(edition, last.amounts)
        _add_aqi(found, "aqi_24h", report)
        for name, indicator in _EPISODES:
            index = report.iaqi.get(indicator)
            if index is not None:
                found[name] = _figure((float(index), *last.figures[indicator][1:]))

    def of_day(self, hours: Hours, day: Day) -> Figures:
        """All of a natural day that are valid."""
        edition = self.edition_on(day.date)
        found: Figures = {}
        whole = self._statistics(hours, day.start, day.end, day.date, edition)
        for indicator, figure in whole.figures.items():
            found[_LARGEST.get(indicator) or _NAMES[indicator]] = figure
        report = daily(edition, whole.amounts)
        for indicator, index in report.iaqi.items():
            found[_IAQI_OF_DAY[indicator]] = _figure((float(index), *whole.figures[indicator][1:]))
        _add_aqi(found, "aqi", report)
        return found

    def day_means(self, hours: Hours, day: Day) -> tuple[int | None, ...]:
        """What a day adds to its month, a pollutant each, in millionths: valid means, of O3 the largest 8 h mean."""
        edition = self.edition_on(day.date)
        whole = self._statistics(hours, day.start, day.end, day.date, edition)
        found = [whole.amounts.get(Indicator.O3_8H)] * len(POLLUTANTS)
        for row, _, indicator in _MEANS:
            found[row] = None
            if indicator in whole.amounts:
                total, of, held = hours.over(row, day.start, day.end)
                found[row] = half_even(total, of * held.bit_count())
        return tuple(found)

    def day_report(self, hours: Hours, day: Day) -> tuple[Amounts, Report]:
        """The reported amounts of a natural day that are valid, and what they amount to."""
        edition = self._standards.edition_on(day.date)
        amounts = self._statistics(hours, day.start, day.end, day.date, edition).amounts
        return amounts, daily(edition, amounts)

    def hour_report(self, hours: Hours, hour: int, day: date) -> tuple[Amounts, Report]:
        """The same of an hour; of the last 24 and 8 hours only what its edition asks for."""
        edition = self._standards.edition_on(day)
        amounts: dict[Indicator, int | None] = {}
        for row, _, indicator in _HOURLY:
            amount = hours.get(row, hour)
            if amount is not None:
                amounts[indicator] = edition.reported(POLLUTANTS[row], amount)
        for row, pollutant, indicator in _MEANS:
            if indicator in edition.hourly_needs:
                total, of, held = hours.over(row, hour - DAY_HOURS, hour)
                if held.bit_count() >= self._validity.hours_a_day:
                    amounts[indicator] = edition.reported(pollutant, total, of * held.bit_count())
        if Indicator.O3_8H in edition.hourly_needs:
            amounts[Indicator.O3_8H] = hours.get(OZONE_8H, hour)
        return amounts, hourly(edition, amounts)

    def _statistics(self, hours: Hours, start: int, end: int, day: date, edition: Edition) -> Statistics:
        """Of the hours after `start` up to and with `end`."""
        least = self._validity.hours_a_day
        of = end - start
        found = amounts, figures = Statistics({}, {})
        low, high, skipped = hours.place(start, end)
        whole = (1 << of) - 1
        for row, pollutant, indicator in _MEANS:
            held = hours.held[row] >> low << skipped & whole
            have = held.bit_count()
            if have >= least:
                total, each = hours.total(row, low, high)
                amounts[indicator] = amount = edition.reported(pollutant, total, each * have)
                figures[indicator] = _figure((number(amount), have, of, ~held & whole, ""))
        first = start + self._validity.mda8_first_label - 1  # an 8 h mean of the day lies in it whole
        largest, held = hours.largest(OZONE_8H, first, end)
        if held and self._standards.mda8_valid(held.bit_count(), largest, day, self._zone_class):
            amounts[Indicator.O3_8H] = largest
            figures[Indicator.O3_8H] = _of_parts(largest, held, end - first)
        largest, held = hours.largest(OZONE, start, end)
        if held.bit_count() >= self._validity.hours_for_largest:
            amounts[Indicator.O3_1H] = largest = edition.reported(Pollutant.O3, largest)
            figures[Indicator.O3_1H] = _of_parts(largest, held, of)
        return found


def _of_parts(amount: int, held: int, of: int) -> Figure:
    return Figure(number(amount), held.bit_count(), of, ~held & (1 << of) - 1)


def _add_aqi(found: Figures, name: str, report: Report) -> None:
    aqi = report.aqi
    if aqi is not None:
        missing = sum(1 << POLLUTANTS.index(pollutant) for pollutant in report.missing) if report.missing else 0
        have = len(POLLUTANTS) - len(report.missing)
        found[name] = Figure(float(aqi), have, len(POLLUTANTS), missing, "+".join(report.primary))


def ranges(bits: int) -> str:
    """The places of the bits that are set, counted from 1, neighbours together: `3,7-9`."""
    found: list[str] = []
    place = 1
    while bits:
        skipped = (bits & -bits).bit_length() - 1
        bits >>= skipped
        place += skipped
        run = (~bits & bits + 1).bit_length() - 1
        found.append(str(place) if run == 1 else f"{place}-{place + run - 1}")
        bits >>= run
        place += run
    return ",".join(found)
