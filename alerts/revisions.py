"""What was said of an hour or a day, and what is to be said of it now: new figures, other ones, and those that hold no
more, each time as the next revision. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from alerts.air.calendar import Calendar
from alerts.air.model import IndexValue, Span
from alerts.model import Quality

_index = partial(tuple.__new__, IndexValue)  # as `IndexValue(...)`, at half the cost
_PASS, _UNCHECKED, _MISSING = Quality.PASS.value, Quality.UNCHECKED.value, Quality.MISSING.value
WITHDRAWN = "withdrawn"  # reason of a value that is not valid any more


class Figure(NamedTuple):
    """One index of an hour or a day.

    `have` of the `of` parts were there, `missing` says which were not; `items` are those that made it so.
    """

    value: float
    have: int
    of: int
    missing: str = ""
    items: str = ""


Figures = Mapping[str, Figure]  # by index
NONE: Figures = {}


class Revisions:
    """Of one station's hours and days. Most are said once: of those it keeps nothing, what was is the word for that."""

    __slots__ = ("_calendar", "_counts", "_edition", "_station")

    def __init__(self, *, station: str, calendar: Calendar, edition: str = "") -> None:
        """`edition` is that of the standard which they are judged by, where there are several."""
        self._station = station
        self._calendar = calendar
        self._edition = edition
        self._counts: dict[tuple[str, int], int] = {}  # of what was said more than once

    def of(self, span: Span, hour: int) -> int:
        """The number of the last word on that hour, or the day that ends with it."""
        return self._counts.get((span.value, hour), 1)

    def said(self, was: Figures, now: Figures, span: Span, hour: int, received_at: datetime) -> list[IndexValue]:
        """What is new, what differs, and what is valid no more."""
        changed = [name for name in now if was.get(name) != now[name]]
        gone = [name for name in was if name not in now]
        if not changed and not gone:
            return []
        period = span.value
        key = (period, hour)
        revision = self._counts.get(key, 1 if was else 0) + 1
        if revision > 1:
            self._counts[key] = revision
        id_, edition, instant = self._station, self._edition, self._calendar.moment(hour)
        out: list[IndexValue] = []
        for name in changed:
            amount, have, of, missing, items = now[name]
            said = (float(amount), _UNCHECKED if missing else _PASS, "", received_at, have, of, missing, revision)
            out.append(_index((id_, name, period, instant, *said, edition, items)))
        for name in gone:
            nothing = (None, _MISSING, WITHDRAWN, received_at, 0, was[name].of, "", revision)
            out.append(_index((id_, name, period, instant, *nothing, edition, "")))
        return out

    def forget(self, before: int) -> None:
        """What ended before that hour."""
        self._counts = {key: count for key, count in self._counts.items() if key[1] >= before}

    def dump(self) -> list[list[str | int]]:
        """What `load` takes, as plain data."""
        return [[*key, count] for key, count in self._counts.items()]

    def load(self, state: Iterable[tuple[str, int, int]]) -> None:
        """Takes what `dump` gave."""
        self._counts = {(span, hour): count for span, hour, count in state}
