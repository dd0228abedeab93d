"""Grafana's placeholders filled in as Grafana does: time, interval, variables. Pure. For the preview and the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_SHAPE = re.compile(r"now(?:-(\d+)([mhdw]))?")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_ZONE = ZoneInfo("Asia/Shanghai")
POINTS = 1000  # Grafana asks for as many as its panel is wide
_ROUND = tuple(
    timedelta(seconds=seconds) for seconds in (10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """A range of time and the variables chosen: name -> (text, value)."""

    start: datetime
    end: datetime
    variables: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def since(self, text: str) -> Filling:
        """As a panel has it that looks at a range of its own; empty: the dashboard's."""
        return replace(self, start=moment(text, self.end)) if text else self

    def fill(self, query: str, *, least: str = "10s", most: int = POINTS) -> str:
        """A statement that InfluxDB understands; `least` is the panel's shortest interval, `most` its points."""
        span = f"time >= {_millis(self.start)}ms and time <= {_millis(self.end)}ms"
        seconds = round(self.interval(least, most).total_seconds())
        return self.words(query.replace("$timeFilter", span).replace("$__interval", f"{seconds}s"))

    def words(self, text: str) -> str:
        """A title, say: variables alone."""
        return _VARIABLE.sub(self._value, text)

    def interval(self, least: str, most: int = POINTS) -> timedelta:
        """As wide as a point of the panel, rounded up, and never narrower than `least`."""
        wide = (self.end - self.start) / most
        rounded = next((one for one in _ROUND if one >= wide), _ROUND[-1])
        return max(rounded, _length(least))

    def _value(self, found: re.Match[str]) -> str:
        name, form = found[1], found[2]
        if name not in self.variables:
            return found[0]
        text, value = self.variables[name]
        match form:
            case "text":
                return text
            case "regex":
                return value if value == ".*" else re.escape(value)
            case _:
                return value


def chosen(dashboard: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What is chosen when the dashboard opens."""
    listed: Sequence[Mapping[str, Any]] = dashboard["templating"].get("list") or []
    return {one["name"]: (one["current"]["text"], one["current"]["value"]) for one in listed}


def moment(text: str, now: datetime) -> datetime:
    """`now`, `now-24h`, and `now/M`, `now/y`: when the month or the year began where the law is.

    Raises `ValueError` for any other form.
    """
    if text in {"now/M", "now/y"}:
        month = now.astimezone(_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return month.replace(month=1) if text == "now/y" else month
    found = _SHAPE.fullmatch(text)
    if found is None:
        message = f"not a time we use: {text!r}"
        raise ValueError(message)
    return now - int(found[1]) * _UNITS[found[2]] if found[1] else now


def _length(text: str) -> timedelta:
    return timedelta(seconds=int(text[:-1])) if text.endswith("s") else int(text[:-1]) * _UNITS[text[-1]]


def _millis(moment_: datetime) -> int:
    return round(moment_.timestamp() * 1000)
