"""Times and numbers as people read them. Pure: the present is an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from alerts.console.language import Language
from alerts.console.texts import TEXTS, text
from alerts.moments import offset

_DASH = "–"


def lasting(span: timedelta, language: Language) -> str:
    """The two largest units of a length of time: `2 天 3 小时`, `12 min`. Negative lengths count as none."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    zh = language is Language.ZH
    names = ("天", "小时", "分钟") if zh else ("d", "h", "min")
    if days:
        parts = [(days, names[0]), (hours, names[1])]
    elif hours:
        parts = [(hours, names[1]), (minutes, names[2])]
    else:
        parts = [(minutes, names[2])]
    said = [f"{number} {name}" for number, name in parts if number]
    return " ".join(said) or ("不到 1 分钟" if zh else "under 1 min")


def ago(moment: datetime, now: datetime, language: Language) -> str:
    """How long ago; says so where the moment lies ahead of the clock by a minute or more."""
    zh = language is Language.ZH
    passed = now - moment
    if passed <= timedelta(minutes=-1):
        ahead = lasting(-passed, language)
        return f"超前 {ahead}" if zh else f"{ahead} ahead"
    if passed < timedelta(minutes=1):
        return "刚刚" if zh else "just now"
    return f"{lasting(passed, language)}前" if zh else f"{lasting(passed, language)} ago"


def stamp(moment: datetime, zone: tzinfo, language: Language) -> str:
    """Date and time in the zone, without the zone's name: `11月23日 08:00`, `23 Nov 08:00`."""
    local = moment.astimezone(zone)
    if language is Language.ZH:
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float | None, decimals: int = 2) -> str:
    """A value with its parameter's decimals; a dash where there is none. A zero has no sign."""
    if value is None or not math.isfinite(value):
        return _DASH
    said = f"{value:.{decimals}f}"
    return said.lstrip("-") if float(said) == 0 else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One page's way of speaking: its language, its zone, its present moment."""

    language: Language
    zone: tzinfo
    now: datetime

    def text(self, key: str, **values: object) -> str:
        """A text of the table."""
        return text(key, self.language, **values)

    def word(self, subject: str, value: object) -> str:
        """An enum's member or a flag by name; the value itself where it has no text."""
        key = f"{subject}.{value}"
        return text(key, self.language) if key in TEXTS else str(value)

    def ago(self, moment: datetime) -> str:
        """How long ago."""
        return ago(moment, self.now, self.language)

    def lasting(self, start: datetime, end: datetime | None = None) -> str:
        """From `start` until `end`, or until now."""
        return lasting((end or self.now) - start, self.language)

    def stamp(self, moment: datetime) -> str:
        """Date and time; the zone is said by `offset`, once a page or column."""
        return stamp(moment, self.zone, self.language)

    def timed(self, moment: datetime) -> str:
        """Date, time and zone."""
        return f"{self.stamp(moment)} {self.offset}"

    @property
    def offset(self) -> str:
        """The zone: `UTC+8`."""
        return offset(self.now, self.zone)
