"""The newest samples of one series, in order of instant: the last few as rows of 21 bytes, those before them packed."""

from __future__ import annotations

import base64
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from alerts.packing import ROW, head, unpacked
from alerts.packing import packed as packed_stretch

SIZE = ROW.size
packed = ROW.pack
STRETCH = 32  # rows packed at once: the shorter, the more of it is heads
FRESH = 8  # rows that stay as they are, at least: what is late is mostly not very late
SAME = bytes(range(256))  # each code as it was
UNKNOWN_DELAY = -(2**31)  # of a sample read back from a store that does not say when it was received


class Row(NamedTuple):
    """A sample as it is kept: NaN for no value."""

    instant: int  # microseconds
    value: float
    code: int  # flag and mark
    delay: int  # seconds from the instant to the receipt


class SampleMemory(bytearray):
    """The rows that are not packed. `evaluation` appends to it itself: one object to touch a sample."""

    __slots__ = ("_packed", "_stretches")

    def __init__(self) -> None:
        super().__init__()
        self._stretches: bytes = b""  # one after the other, oldest first
        self._packed: int = 0  # rows in them

    @property
    def held(self) -> int:
        return self._packed + len(self) // SIZE

    @property
    def room(self) -> int:
        """Rows that may come until some should be packed."""
        return FRESH + STRETCH - len(self) // SIZE

    @property
    def oldest(self) -> int:
        """Its instant. There must be one."""
        return head(self._stretches, 0)[2] if self._packed else self.row(0).instant

    def pack(self) -> None:
        """Packs what is full stretches beyond the rows that stay."""
        found = []
        while len(self) >= (FRESH + STRETCH) * SIZE:
            found.append(packed_stretch(self[: STRETCH * SIZE]))
            del self[: STRETCH * SIZE]
            self._packed += STRETCH
        self._stretches = b"".join((self._stretches, *found))

    def _heads(self) -> Iterator[tuple[int, int, int, int]]:
        """Of each stretch: its offset, the place of its first row, its rows, its first instant."""
        at = place = 0
        while at < len(self._stretches):
            size, rows, first = head(self._stretches, at)
            yield at, place, rows, first
            at += size
            place += rows

    def _unpack(self, at: int, place: int) -> None:
        """The stretches from there on become rows again."""
        found = b"".join(unpacked(self._stretches, start) for start, *_ in self._heads() if start >= at)
        self[:0] = found
        self._stretches = self._stretches[:at]
        self._packed = place

    def row(self, place: int) -> Row:
        if place >= self._packed:
            return Row._make(ROW.unpack_from(self, (place - self._packed) * SIZE))
        return next(self.rows(place, place + 1))

    def rows(self, first: int, end: int) -> Iterator[Row]:
        """Those at places from `first` up to and without `end`."""
        for at, place, rows, _ in self._heads():
            if place < end and place + rows > first:
                found = unpacked(self._stretches, at)
                yield from map(Row._make, ROW.iter_unpack(found[max(0, first - place) * SIZE : (end - place) * SIZE]))
        fresh = self[max(0, first - self._packed) * SIZE : max(0, end - self._packed) * SIZE]
        yield from map(Row._make, ROW.iter_unpack(fresh))

    def put(self, instant: int, value: float, code: int, delay: int) -> int | None:
        """Inserts or corrects a sample among those there; its place, or None where it is a repetition."""
        place = self.first_from(instant)
        there = self.row(place) if place < self.held else None
        corrects = there is not None and there.instant == instant
        if corrects and there and (there.value == value or (math.isnan(there.value) and math.isnan(value))):
            return None
        stretch = self._stretch_of(instant)
        if stretch is not None:
            self._unpack(*stretch)
        at = (place - self._packed) * SIZE
        self[at : at + SIZE if corrects else at] = packed(instant, value, code, delay)
        return place

    def _stretch_of(self, instant: int) -> tuple[int, int] | None:
        """Offset and place of the packed stretch that an instant belongs to; None where it belongs to the rows."""
        if not self._packed or (self and instant >= self.row(self._packed).instant):
            return None
        found = (0, 0)
        for at, place, _, first in self._heads():
            if first > instant:
                break
            found = (at, place)
        return found

    def first_from(self, instant: int) -> int:
        """The first place at or after that instant."""
        stretch = self._stretch_of(instant)
        if stretch is None:
            fresh = range(len(self) // SIZE)
            return self._packed + bisect_left(fresh, instant, key=lambda at: ROW.unpack_from(self, at * SIZE)[0])
        at, place = stretch
        instants = [instant_of for instant_of, *_ in ROW.iter_unpack(unpacked(self._stretches, at))]
        return place + bisect_left(instants, instant)

    def first_after(self, instant: int) -> int:
        return self.first_from(instant + 1)

    def drop_oldest(self, count: int) -> None:
        kept = next(((at, place) for at, place, rows, _ in self._heads() if place + rows > count), None)
        if kept is None:  # all that is packed goes, and of the rows as many as are left to go
            del self[: (count - self._packed) * SIZE]
            self._stretches, self._packed = b"", 0
            return
        at, place = kept
        size = head(self._stretches, at)[0]
        rest = unpacked(self._stretches, at)[(count - place) * SIZE :]
        whole = self._stretches[at : at + size] if place == count else packed_stretch(rest)
        self._stretches = whole + self._stretches[at + size :]
        self._packed -= count

    def refill(self, rows: Iterable[Row]) -> None:
        """Holds these rows in place of its own."""
        self[:] = b"".join(packed(*row) for row in rows)
        self._stretches, self._packed = b"", 0
        self.pack()

    def dump(self) -> str:
        """What `load` takes; base64, which is quick to write and to read for many thousands of series."""
        return f"{base64.b64encode(self._stretches).decode()}.{base64.b64encode(self).decode()}"

    def load(self, state: str, codes: bytes = SAME) -> None:
        """Takes what `dump` gave, with other codes for those of then; without the packed part too, as it once was."""
        *packed_part, fresh = state.split(".")
        self[:] = base64.b64decode(fresh)
        self._stretches = base64.b64decode("".join(packed_part))
        self._packed = sum(rows for _, _, rows, _ in self._heads())
        if codes != SAME:
            self.refill([row._replace(code=codes[row.code]) for row in self.rows(0, self.held)])
