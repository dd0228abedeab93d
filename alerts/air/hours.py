"""The hourly values of one station or area, pollutant by pollutant, over the hours that can still matter."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterator, Sequence
from math import lcm
from typing import Any, Self

from alerts.standards import half_even

SPARE = 4  # hours forgotten at once, and of a delivery's those that wait to be given out
_BEGUN = 8  # hours that there is room for at first


# An hour's: the nearest whole number, of how many parts, and what it leaves out in as many parts of one.
Mean = tuple[int | None, int, int]


def mean_of(total: int, count: int, width: int = 1) -> Mean:
    """Of so many values that add up to that, each of which stands for `width` parts."""
    value = half_even(total, count)
    return value, count * width, (total - value * count) * width


class Hours:
    """Rows of whole numbers, over the hours `first` to `last`. What is not there counts as nothing in a sum.

    There may be hours from `oldest` on; rows begin with those that there are, and grow backwards where one comes late.
    Each row has beside its values how many parts an hour is made of (`parts`: minutes, or stations of an area), up to
    `most_parts`; and `rests`: what of the mean the whole number leaves out, in as many parts of one. Without those a
    mean of 24 hours that lies on a half would lie beside it.
    """

    __slots__ = ("_keep", "first", "held", "last", "oldest", "parts", "rests", "revisions", "rows")

    def __init__(self, *, rows: int, keep: int, last: int, most_parts: int) -> None:
        self._keep = keep
        self.oldest = last + 1 - keep
        self.last = last
        begun = min(keep, _BEGUN)
        self.first = last + 1 - begun
        self.rows = [array("i", bytes(4 * begun)) for _ in range(rows)]
        self.held = [0] * rows  # a bit an hour
        self.parts = [array(_small(most_parts), [0] * begun) for _ in range(rows)]
        self.rests: list[array[int] | None] = [None] * rows  # a row's from the first that is not nothing
        self.revisions = array("H", bytes(2 * begun))  # how often what is said of an hour was said

    def _columns(self) -> Iterator[array[int]]:
        yield from self.rows
        yield from self.parts
        yield from (rests for rests in self.rests if rests is not None)
        yield self.revisions

    def extend(self, last: int) -> None:
        """Makes room up to that hour; what is older than `keep` hours is forgotten."""
        if last - self.last > self._keep:  # nothing of what is there is left
            self._forget(self.last + 1)
            self.first = self.oldest = last + 1 - self._keep
            self.last = self.first - 1
        nothing = (0,) * (last - self.last)
        for column in self._columns():
            column.extend(nothing)
        self.last = last
        if last - self.oldest + 1 - self._keep >= SPARE:
            self.oldest = last + 1 - self._keep
            self._forget(self.oldest)

    def _forget(self, before: int) -> None:
        count = before - self.first
        if count <= 0:
            return
        self.first = before
        for column in self._columns():
            del column[:count]
        self.held = [held >> count for held in self.held]

    def reach(self, hour: int) -> None:
        """Makes room down to that hour, one of those from `oldest` on."""
        more = max(0, self.first - hour)
        for column in self._columns():
            column[:0] = array(column.typecode, (0,) * more)
        self.held = [held << more for held in self.held]
        self.first -= more

    def get(self, row: int, hour: int) -> int | None:
        """Nothing for hours that are not there."""
        at = hour - self.first
        return self.rows[row][at] if at >= 0 and self.held[row] >> at & 1 else None

    def part(self, row: int, hour: int) -> int:
        """Of how many parts that hour is made."""
        at = hour - self.first
        return self.parts[row][at] if 0 <= at < len(self.revisions) else 0

    def put(self, row: int, hour: int, value: int | None, parts: int, rest: int = 0) -> None:
        """Of an hour from `oldest` to `last`."""
        at = hour - self.first
        if at < 0:
            self.reach(hour)
            at = 0
        self.parts[row][at] = parts
        rests = self.rests[row]
        if rests is not None:
            rests[at] = rest
        elif rest:
            self.rests[row] = rests = array(self.parts[row].typecode, (0,) * len(self.revisions))
            rests[at] = rest
        if value is None:
            self.rows[row][at] = 0
            self.held[row] &= ~(1 << at)
            return
        try:
            self.rows[row][at] = value
        except OverflowError:  # above 2147 ug/m3
            self.rows[row] = array("q", self.rows[row])
            self.rows[row][at] = value
        self.held[row] |= 1 << at

    def add(self, row: int, hour: int, more: int, parts: int) -> None:
        """To a sum of `parts` values, of which there may be none yet, or none any more; as `put`."""
        at = hour - self.first
        if at < 0:
            self.reach(hour)
            at = 0
        counts = self.parts[row]
        counts[at] += parts
        if counts[at]:
            self.put(row, hour, self.rows[row][at] + more, counts[at])
        else:
            self.put(row, hour, None, 0)

    def rest(self, row: int, hour: int) -> int:
        """What that hour's value leaves out of its mean, in as many parts of one as it is made of."""
        rests, at = self.rests[row], hour - self.first
        return rests[at] if rests is not None and 0 <= at < len(rests) else 0

    def over(self, row: int, start: int, end: int) -> tuple[int, int, int]:
        """Of the hours after `start` up to and with `end` the sum, as `total`, and a bit for each that is there."""
        low, high, skipped = self.place(start, end)
        return *self.total(row, low, high), (self.held[row] >> low & (1 << high - low) - 1) << skipped

    def total(self, row: int, low: int, high: int) -> tuple[int, int]:
        """Exactly what those places amount to: numerator and denominator."""
        total, rests = sum(self.rows[row][low:high]), self.rests[row]
        if rests is None:
            return total, 1
        left: dict[int, int] = {}
        for rest, parts in zip(rests[low:high], self.parts[row][low:high], strict=True):
            if rest:
                left[parts] = left.get(parts, 0) + rest
        of = lcm(*left)
        return total * of + sum(rest * (of // parts) for parts, rest in left.items()), of

    def place(self, start: int, end: int) -> tuple[int, int, int]:
        """Where the hours after `start` up to and with `end` lie in a row, and how many before those are in none."""
        low, high = start + 1 - self.first, end + 1 - self.first
        if low >= 0:
            return low, high, 0
        return 0, max(0, high), min(-low, end - start)

    def largest(self, row: int, start: int, end: int) -> tuple[int, int]:
        """The largest of the hours after `start` up to and with `end`, and a bit for each that is there."""
        low, high, skipped = self.place(start, end)
        held = self.held[row] >> low & (1 << high - low) - 1
        if not held:
            return 0, 0
        values = self.rows[row][low:high]
        if held.bit_count() < high - low:
            return max(value for at, value in enumerate(values) if held >> at & 1), held << skipped
        return max(values), held << skipped

    def revise(self, hour: int) -> int:
        """One more word on that hour; its number."""
        at = hour - self.first
        if at < 0:
            self.reach(hour)
            at = 0
        self.revisions[at] = revision = min(self.revisions[at] + 1, 0xFFFF)
        return revision

    def copy(self) -> Self:
        """As it is now."""
        twin = type(self)(rows=0, keep=self._keep, last=self.last, most_parts=0)
        twin.oldest, twin.first = self.oldest, self.first
        twin.rows = [row[:] for row in self.rows]
        twin.held = self.held[:]
        twin.parts = [parts[:] for parts in self.parts]
        twin.rests = [None if rests is None else rests[:] for rests in self.rests]
        twin.revisions = self.revisions[:]
        return twin

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        rows = [[row.typecode, _text(row), hex(held)] for row, held in zip(self.rows, self.held, strict=True)]
        parts = [[column.typecode, _text(column)] for column in self.parts]
        rests = [None if column is None or not any(column) else _text(column) for column in self.rests]
        return [self.first, self.last, rows, parts, _text(self.revisions), self.oldest, rests]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave; checkpoints of before begin with the oldest hour, and know of no rests."""
        self.first, self.last, rows, parts, revisions, *more = state
        oldest = more[0] if more else self.first
        rests = more[1] if more[1:] else [None] * len(rows)
        self.rows = [_array(code, text) for code, text, _ in rows]
        self.held = [int(held, 16) for *_, held in rows]
        self.parts = [_array(code, text) for code, text in parts]
        self.rests = [
            None if text is None else _array(code, text) for (code, _), text in zip(parts, rests, strict=True)
        ]
        self.revisions = _array("H", revisions)
        self.oldest = min(oldest, self.last + 1 - self._keep)  # more hours may be kept now than then


def _small(most: int) -> str:
    return "b" if most < 1 << 7 else "h"


def _text(column: array[int]) -> str:
    return base64.b64encode(_little(column).tobytes()).decode()


def _array(code: str, text: str) -> array[int]:
    return _little(array(code, base64.b64decode(text)))


def _little(column: array[int]) -> array[int]:
    """In the byte order of most machines, or back: a snapshot can be read on another."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
