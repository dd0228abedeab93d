"""A station's or area's newest hour and day as one document: what goes out over MQTT, retained."""

from __future__ import annotations

from typing import Any

from alerts.air.calendar import Calendar
from alerts.air.figures import Figure, Figures, Judge
from alerts.air.hours import Hours
from alerts.air.model import POLLUTANTS
from alerts.standards import AqiLevel, Edition, number

_AQI = "aqi"


def bulletin(id_: str, *, hours: Hours, front: int, calendar: Calendar, judge: Judge, parts: Any) -> dict[str, Any]:
    """Of the newest hour that is over, and of the natural day before the one it is in.

    Values that are not valid are not in it; an AQI that may not be published is null.
    """
    day = calendar.day(front)
    before = calendar.day(day.start)
    edition = judge.edition_on(day.date)
    values = {
        name.value: number(value) for row, name in enumerate(POLLUTANTS) if (value := hours.get(row, front)) is not None
    }
    return {
        "station": id_,
        "hour": {
            "time": calendar.moment(front).isoformat(),
            "revision": hours.revisions[front - hours.first],
            "values": values,
            **_judged(judge.of_hour(hours, front, day.date, parts), edition),
        },
        "day": {
            "date": before.date.isoformat(),
            "time": calendar.moment(before.end).isoformat(),
            **_judged(judge.of_day(hours, before), judge.edition_on(before.date)),
        },
    }


def _judged(figures: Figures, edition: Edition) -> dict[str, Any]:
    figure = figures.get(_AQI)
    level = edition.level(int(figure.value)) if figure is not None else None
    return {
        "edition": edition.name,
        "aqi": int(figure.value) if figure is not None else None,
        "level": _level(level) if level is not None else None,
        "primary": figure.primary.split("+") if figure is not None and figure.primary else [],
        "completeness": _completeness(figure),
        "indices": {
            name: {"value": each.value, "have": each.have, "of": each.of}
            for name, each in figures.items()
            if name != _AQI
        },
    }


def _level(level: AqiLevel) -> dict[str, Any]:
    return {"level": level.level, "zh": level.zh, "en": level.en, "colour": level.colour.value}


def _completeness(figure: Figure | None) -> dict[str, int] | None:
    """How many of how many pollutants."""
    return None if figure is None else {"have": figure.have, "of": figure.of}
