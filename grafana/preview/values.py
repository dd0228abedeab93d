"""Figures as words, with units, mappings and colours, as Grafana's field settings say. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

_UNITS = {
    "conμgm3": "μg/m³", "conmgm3": "mg/m³", "percent": "%", "celsius": "°C", "pressurehpa": "hPa", "velocityms": "m/s",
    "degree": "°", "s": "s", "none": "",
}  # fmt: skip
_AGO = {
    "zh": ("{:.0f} 天前", "{:.0f} 小时前", "{:.0f} 分钟前", "刚刚"),
    "en": ("{:.0f} d ago", "{:.0f} h ago", "{:.0f} min ago", "now"),
}
_OPAQUE = len("#rrggbb")  # anything longer is see-through, and what lies on it is written as elsewhere
_ZONE = ZoneInfo("Asia/Shanghai")


class Shown(NamedTuple):
    """What is read, and its colour; none where nothing is told by one."""

    text: str
    colour: str


class Reader(NamedTuple):
    """Who looks: when, and in which language."""

    now: datetime
    language: str

    def shown(self, value: Any, properties: Mapping[str, Any]) -> Shown:
        """One value by its field's settings; nothing for nothing."""
        if value is None:
            return Shown("", "")
        for mapping in properties.get("mappings") or ():
            found = _mapped(value, mapping)
            if found is not None:
                return Shown(found.get("text", str(value)), found.get("color", ""))
        if isinstance(value, str):
            return Shown(value, "")
        return Shown(self._said(value, properties), threshold(value, properties))

    def _said(self, value: float, properties: Mapping[str, Any]) -> str:
        unit = properties.get("unit", "none")
        match unit:
            case "dateTimeFromNow":
                return self._ago(datetime.fromtimestamp(value / 1000, UTC))
            case "dateTimeAsIso":
                return f"{datetime.fromtimestamp(value / 1000, UTC).astimezone(_ZONE):%m-%d %H:%M}"
            case "dtdurations":
                return _length(timedelta(seconds=value))
            case "bytes":
                return size(value)
            case "percentunit":
                return f"{value * 100:.{max(0, int(properties.get('decimals', 0)))}f}%"
            case _:
                said = f"{value:.{int(properties.get('decimals', 2 if value % 1 else 0))}f}"
                return f"{said} {_UNITS.get(unit, unit.removeprefix('suffix:').strip())}".rstrip()

    def _ago(self, moment: datetime) -> str:
        seconds = max(0.0, (self.now - moment).total_seconds())
        days, hours, minutes, just = _AGO[self.language]
        if seconds >= 2 * 86400:  # below two days hours say more
            return days.format(seconds / 86400)
        if seconds >= 5400:  # noqa: PLR2004  # one and a half hours
            return hours.format(seconds / 3600)
        return minutes.format(seconds / 60) if seconds >= 60 else just  # noqa: PLR2004  # a minute


def threshold(value: float, properties: Mapping[str, Any]) -> str:
    """The colour of the highest step that the value has reached."""
    steps: Sequence[Mapping[str, Any]] = properties.get("thresholds", {}).get("steps", ())
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return str(reached[-1]) if reached else ""


def ink(colour: str) -> str:
    """Black or white, whichever is read better on it."""
    if len(colour) != _OPAQUE:
        return "inherit"
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]  # noqa: PLR2004  # sRGB
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#10181e" if luminance > 0.3 else "#ffffff"  # noqa: PLR2004  # where both contrasts are some 4.5


def _mapped(value: Any, mapping: Mapping[str, Any]) -> Mapping[str, Any] | None:
    options = mapping["options"]
    if mapping["type"] == "value":
        key = f"{value:g}" if isinstance(value, float) else str(value)
        found: Mapping[str, Any] | None = options.get(key)
        return found
    low, high = options.get("from"), options.get("to")
    if isinstance(value, str) or not (
        value >= (-math.inf if low is None else low) and value <= (math.inf if high is None else high)
    ):
        return None
    result: Mapping[str, Any] = options["result"]
    return result


def _length(duration: timedelta) -> str:
    minutes = duration.total_seconds() / 60
    if minutes < 90:  # noqa: PLR2004  # below, hours say less
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 2880 else f"{minutes / 1440:.1f} d"  # noqa: PLR2004  # two days


def size(value: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:  # noqa: PLR2004
            return f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
