"""Windows over event time: a rolling mean and a change, exact whatever the order they were worked out in.

Both are fed in order of instant. Sums are whole millionths of the unit, so that nothing drifts and nothing
depends on what has passed through the window before.
"""

from __future__ import annotations

import base64
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from struct import Struct
from typing import Any, Self

TO_RAISE = 1  # bits of what a sample may do
TO_LIFT = 2
AT_ONCE = 4  # and with the first sample that does, without its dwell and count
CONFIRMED = 8  # by something else: it raises without waiting for samples in a row
MILLION = 1_000_000

Seen = tuple[float, int]  # the value a window shows, and what it may do


class RollingMean:
    """Mean of the values in (t - over, t]; nothing is seen with fewer than `at_least` of them.

    It may lift only when every value in it may: doubtful data does not end a warning by way of a mean.
    """

    __slots__ = ("_at_least", "doubts", "instants", "over", "scaled", "total")

    def __init__(self, *, over: int, at_least: int) -> None:
        self.over = over  # microseconds
        self._at_least = at_least
        # columns, as compact as the samples they repeat
        self.instants = array("q")
        self.scaled = array("q")  # millionths
        self.doubts = bytearray()  # 1 where the value may not lift
        self.total = 0

    def see(self, instant: int, value: float, may: int) -> Seen | None:
        """Adds a value and gives the mean at its instant. A value that may not raise is left out."""
        if not may & TO_RAISE:
            return None
        scaled = round(value * MILLION)
        self.instants.append(instant)
        self.scaled.append(scaled)
        self.doubts.append(0 if may & TO_LIFT else 1)
        self.total += scaled
        gone = bisect_right(self.instants, instant - self.over)
        if gone:
            self.total -= sum(self.scaled[:gone])
            del self.instants[:gone]
            del self.scaled[:gone]
            del self.doubts[:gone]
        count = len(self.instants)
        if count < self._at_least:
            return None
        # int / int is correctly rounded: a mean of exactly the limit is the limit
        return self.total / (count * MILLION), TO_RAISE if 1 in self.doubts else TO_RAISE | TO_LIFT

    def copy(self) -> Self:
        twin = type(self)(over=self.over, at_least=self._at_least)
        twin.instants = self.instants[:]
        twin.scaled = self.scaled[:]
        twin.doubts = self.doubts[:]
        twin.total = self.total
        return twin

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return [self.instants.tolist(), self.scaled.tolist(), list(self.doubts)]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        instants, scaled, doubts = state
        self.instants = array("q", instants)
        self.scaled = array("q", scaled)
        self.doubts = bytearray(doubts)
        self.total = sum(scaled)


_ROW = Struct("<qdB")  # instant, value, what it may do


class ChangeOver:
    """A value minus the oldest one in [t - over, t); with `percent`, in hundredths of that oldest one's size.

    `sign` turns it: 1 sees rises as positive, -1 falls, 0 either (the size of the change).
    """

    __slots__ = ("_percent", "_rows", "_sign", "over")

    def __init__(self, *, over: int, sign: int, percent: bool) -> None:
        self.over = over  # microseconds
        self._sign = sign
        self._percent = percent
        self._rows = bytearray()  # packed: as compact as the samples they repeat

    def see(self, instant: int, value: float, may: int) -> Seen | None:
        """The change at that instant; nothing without an older value, or per cent of zero."""
        if not may & TO_RAISE:
            return None
        rows = self._rows
        seen = None
        while rows:
            at, oldest, allowed = _ROW.unpack_from(rows)
            if at >= instant - self.over:
                seen = self._change(value, oldest, may & allowed)
                break
            del rows[: _ROW.size]
        rows += _ROW.pack(instant, value, may)
        return seen

    def _change(self, value: float, oldest: float, may: int) -> Seen | None:
        # in millionths: 0.3 - 0.2 is 0.1 here, as it is for whoever wrote the threshold
        before = round(oldest * MILLION)
        change = round(value * MILLION) - before
        change = abs(change) if self._sign == 0 else change * self._sign
        if not self._percent:
            return change / MILLION, may
        return (100 * change / abs(before), may) if before else None

    def copy(self) -> Self:
        twin = type(self)(over=self.over, sign=self._sign, percent=self._percent)
        twin._rows = self._rows[:]  # noqa: SLF001  of the same class
        return twin

    def dump(self) -> str:
        """What `load` takes, as plain data."""
        return base64.b64encode(self._rows).decode()

    def load(self, state: str) -> None:
        """Takes what `dump` gave."""
        self._rows = bytearray(base64.b64decode(state))
