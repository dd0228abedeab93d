"""Values of a whole area, worked out from its stations instant by instant."""

from __future__ import annotations

import base64
import math
from bisect import insort
from collections.abc import Iterable, Iterator
from fractions import Fraction
from struct import Struct
from typing import Any, NamedTuple

from alerts.memory import UNKNOWN_DELAY
from alerts.model import Quality
from alerts.windows import MILLION


class AreaValue(NamedTuple):
    """The area's value at an instant; NaN, flagged missing, where a correction took its coverage away."""

    instant: int
    value: float
    flag: int
    delay: int  # seconds from the instant to the receipt of the last value that counts


class Entry(NamedTuple):
    """What a station said of an instant. Of flag 0 it has said nothing."""

    value: float  # NaN for none
    flag: int
    delay: int


_ENTRY = Struct("<dBi")


class AreaMean:
    """Mean over an area's stations at each instant, of which at least `coverage` (of all it has) must be in.

    The newest instant is given out once every station has spoken for it, or when a later one has begun: a mean of the
    quickest stations alone would raise what the slower ones take back within the minute. A later or corrected station
    revises its instant. The flag is that of the worst value in the mean. Stations that do not measure the parameter
    count against the coverage: a place does not say what it measures.
    """

    __slots__ = ("_accepted", "_floor", "_memory", "_need", "_order", "_owing", "_places", "_rows", "_shown")

    def __init__(self, *, stations: Iterable[str], coverage: float, accepted: frozenset[int], memory: int) -> None:
        self._places = {station: number * _ENTRY.size for number, station in enumerate(stations)}
        self._need = max(1, math.ceil(Fraction(str(coverage)) * len(self._places)))
        self._accepted = accepted
        self._memory = memory  # instants that can still be revised
        # an instant's entries, packed in order of station: an area holds thousands of them
        self._rows: dict[int, bytearray] = {}
        self._order: list[int] = []
        self._owing = 0  # stations that have not spoken for the newest instant
        self._shown: set[int] = set()
        self._floor = -(2**63)

    def put(self, station: str, instant: int, value: float, flag: int, delay: int) -> list[AreaValue]:
        """The area's values that this reading settles or changes, by instant. Raises `KeyError` below the memory."""
        if instant <= self._floor:
            raise KeyError(instant)
        row = self._rows.get(instant)
        begins = row is None
        if row is None:
            row = self._begin(instant)
        place = self._places[station]
        before = Entry._make(_ENTRY.unpack_from(row, place))
        if before.flag and (before.value == value or (math.isnan(value) and math.isnan(before.value))):
            return []
        _ENTRY.pack_into(row, place, value, flag, delay)
        due = []
        if instant < self._order[-1]:
            due.append(instant)
        else:
            self._owing -= not before.flag
            if begins and len(self._order) > 1:
                due.append(self._order[-2])  # the hour before is as complete as it will soon be
            if not self._owing:
                due.append(instant)
        found = (self._value(each, self._rows[each]) for each in due)
        return [area for area in found if area is not None]

    def recall(self, station: str, instant: int, value: float, flag: int) -> list[AreaValue]:
        """As `put`, for a value read back: what the station itself has said of the instant stands."""
        row = self._rows.get(instant)
        if row is not None and Entry._make(_ENTRY.unpack_from(row, self._places[station])).flag:
            return []
        return self.put(station, instant, value, flag, UNKNOWN_DELAY)

    def _begin(self, instant: int) -> bytearray:
        row = bytearray(len(self._places) * _ENTRY.size)
        if not self._order or instant > self._order[-1]:
            self._owing = len(self._places)
        self._rows[instant] = row
        insort(self._order, instant)
        if len(self._order) > self._memory:
            self._floor = self._order.pop(0)
            del self._rows[self._floor]
            self._shown.discard(self._floor)
        if instant <= self._floor:
            raise KeyError(instant)
        return row

    @property
    def blank(self) -> bool:
        """Whether it has taken nothing yet."""
        return not self._order

    def _value(self, instant: int, row: bytearray) -> AreaValue | None:
        good = [entry for entry in _entries(row) if entry.flag in self._accepted and not math.isnan(entry.value)]
        if len(good) < self._need:
            if instant not in self._shown:
                return None
            return AreaValue(instant, math.nan, Quality.MISSING, 0)
        self._shown.add(instant)
        total = sum(round(entry.value * MILLION) for entry in good)
        return AreaValue(
            instant,
            total / (len(good) * MILLION),
            max(entry.flag for entry in good),
            max(entry.delay for entry in good),
        )

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        rows = [[at, base64.b64encode(self._rows[at]).decode()] for at in self._order]
        return [self._floor, sorted(self._shown), list(self._places), rows]

    def load(self, state: list[Any]) -> None:
        """Takes what `dump` gave; values of stations that have left the area are dropped."""
        floor, shown, stations, rows = state
        self._floor = int(floor)
        self._shown = {int(at) for at in shown}
        self._rows = {int(at): self._loaded(stations, base64.b64decode(row)) for at, row in rows}
        self._order = sorted(self._rows)
        self._owing = sum(not entry.flag for entry in _entries(self._rows[self._order[-1]])) if self._order else 0

    def _loaded(self, stations: list[str], row: bytes) -> bytearray:
        mine = bytearray(len(self._places) * _ENTRY.size)
        for station, entry in zip(stations, _entries(row), strict=True):
            if station in self._places:
                _ENTRY.pack_into(mine, self._places[station], *entry)
        return mine


def _entries(row: bytes | bytearray) -> Iterator[Entry]:
    return map(Entry._make, _ENTRY.iter_unpack(row))
