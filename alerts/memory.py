"""The newest samples of one series, compactly: 21 bytes each, in order of instant."""

from __future__ import annotations

import base64
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

_ROW = Struct("<qdBi")  # one byte order everywhere: a snapshot can be read on another machine
SIZE = _ROW.size
packed = _ROW.pack
UNKNOWN_DELAY = -(2**31)  # of a sample read back from a store that does not say when it was received


class Row(NamedTuple):
    """A sample as it is kept: NaN for no value."""

    instant: int  # microseconds
    value: float
    code: int  # flag and mark
    delay: int  # seconds from the instant to the receipt


class SampleMemory(bytearray):
    """Packed rows. `evaluation` appends to it itself: one object to touch a sample, however many series there are."""

    __slots__ = ()

    @property
    def held(self) -> int:
        return len(self) // SIZE

    def row(self, place: int) -> Row:
        return Row._make(_ROW.unpack_from(self, place * SIZE))

    def rows(self, first: int, end: int) -> Iterator[Row]:
        """Those at places from `first` up to and without `end`."""
        return map(Row._make, _ROW.iter_unpack(self[first * SIZE : end * SIZE]))

    def put(self, instant: int, value: float, code: int, delay: int) -> int | None:
        """Inserts or corrects a sample among those there; its place, or None where it is a repetition."""
        place = self.first_from(instant)
        at = place * SIZE
        if place < self.held and (there := self.row(place)).instant == instant:
            if there.value == value or (math.isnan(there.value) and math.isnan(value)):
                return None
            _ROW.pack_into(self, at, instant, value, code, delay)
        else:
            self[at:at] = packed(instant, value, code, delay)
        return place

    def first_from(self, instant: int) -> int:
        """The first place at or after that instant."""
        return bisect_left(range(self.held), instant, key=self._instant)

    def first_after(self, instant: int) -> int:
        return bisect_right(range(self.held), instant, key=self._instant)

    def _instant(self, place: int) -> int:
        return self.row(place).instant

    def drop_oldest(self, count: int) -> None:
        del self[: count * SIZE]

    def dump(self) -> str:
        """What `load` takes; base64, which is quick to write and to read for many thousands of series."""
        return base64.b64encode(self).decode()

    def load(self, state: str) -> None:
        self[:] = base64.b64decode(state)
