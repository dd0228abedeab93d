"""Days and hours as lines of CSV: what is valid, as it is reported; empty where it is not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from alerts.air.calendar import Calendar, Day
from alerts.air.figures import Judge
from alerts.indexing.stations import StationHours
from alerts.standards import POLLUTANT_OF, Amounts, Edition, Indicator, Pollutant, Report, Status, text

Line = tuple[str | int | None, ...]


class Period(StrEnum):
    """What a line of the output speaks for."""

    HOUR = "hour"
    DAY = "day"


OF_DAY: Mapping[str, Indicator] = {
    "pm2_5_24h": Indicator.PM2_5_24H,
    "pm10_24h": Indicator.PM10_24H,
    "so2_24h": Indicator.SO2_24H,
    "no2_24h": Indicator.NO2_24H,
    "co_24h": Indicator.CO_24H,
    "o3_8h_max": Indicator.O3_8H,
    "o3_1h_max": Indicator.O3_1H,
}
_IAQI_OF_DAY: Mapping[str, Indicator] = {
    **{f"iaqi_{pollutant}": Indicator(f"{pollutant}_24h") for pollutant in Pollutant if pollutant is not Pollutant.O3},
    "iaqi_o3_8h": Indicator.O3_8H,
    "iaqi_o3_1h": Indicator.O3_1H,
}
_OF_HOUR: Mapping[str, Indicator] = {
    **{pollutant.value: Indicator(f"{pollutant}_1h") for pollutant in Pollutant},
    "pm2_5_24h": Indicator.PM2_5_24H,
    "pm10_24h": Indicator.PM10_24H,
    "so2_24h": Indicator.SO2_24H,
    "o3_8h": Indicator.O3_8H,
}
_VERDICT = ("aqi", "level", "primary", "status")
HEADERS: Mapping[Period, tuple[str, ...]] = {
    Period.DAY: ("station", "date", "edition", *OF_DAY, *_IAQI_OF_DAY, *_VERDICT),
    Period.HOUR: (
        *("station", "begin", "end", "edition", *_OF_HOUR),
        *(f"iaqi_{pollutant}" for pollutant in Pollutant),
        "iaqi_o3_8h",
        *_VERDICT,
    ),
}
_AS_HOURS = tuple(
    tuple(indicator for indicator in Indicator if POLLUTANT_OF[indicator] is pollutant)
    for pollutant in Pollutant
    if pollutant is not Pollutant.O3
)


def of_day(station: str, day: Day, windows: StationHours, judge: Judge) -> Iterator[tuple[Line, Status]]:
    """The one line of a natural day."""
    amounts, report = judge.day_report(windows.hours, day)
    edition = report.edition
    indices = (
        None if (amount := amounts.get(indicator)) is None else edition.iaqi(indicator, amount)
        for indicator in _IAQI_OF_DAY.values()
    )
    head = (station, day.date.isoformat(), edition.name)
    yield (*head, *_texts(amounts, OF_DAY.values(), edition), *indices, *_verdict(report)), report.status


def of_hours(
    station: str, day: Day, hours: Iterable[int], windows: StationHours, judge: Judge
) -> Iterator[tuple[Line, Status]]:
    """A line for each of those hours of a day.

    An IAQI is the largest of its pollutant's indicators; of O3 the hour and the last 8 h have one each.
    """
    end = None
    for hour in hours:
        begin = end or _text(windows.calendar, hour - 1)
        end = _text(windows.calendar, hour)
        amounts, report = judge.hour_report(windows.hours, hour, day.date)
        indices = report.iaqi
        yield (
            (
                station,
                begin,
                end,
                report.edition.name,
                *_texts(amounts, _OF_HOUR.values(), report.edition),
                *(next((indices[each] for each in each_of if each in indices), None) for each_of in _AS_HOURS),
                indices.get(Indicator.O3_1H),
                indices.get(Indicator.O3_8H),
                *_verdict(report),
            ),
            report.status,
        )


def _texts(amounts: Amounts, indicators: Iterable[Indicator], edition: Edition) -> Iterator[str]:
    for indicator in indicators:
        amount = amounts.get(indicator)
        yield "" if amount is None else text(amount, edition.decimals[POLLUTANT_OF[indicator]])


def _verdict(report: Report) -> Line:
    level = report.level
    return report.aqi, None if level is None else level.level, "+".join(report.primary), report.status.value


def _text(calendar: Calendar, hour: int) -> str:
    """The end of an hour."""
    return calendar.moment(hour).astimezone(calendar.zone).isoformat()
