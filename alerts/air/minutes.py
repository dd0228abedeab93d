"""The readings finer than an hour of one pollutant and period, hour by hour: one open, the others packed."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from alerts.air.counting import MINUTES_AN_HOUR
from alerts.air.packing import pack, skip, unpack

_BLOCK = Struct("<IB")  # hour, form
_MASK = Struct("<Q")
_NOWHERE = -1


class _Form(IntEnum):
    """How an hour's stretches are packed."""

    FULL = 0
    MASKED = 1  # some are missing: the bits of those that are there come first
    TIMED = 2  # as `MASKED`, and where in their stretches the readings lie


class Hour(NamedTuple):
    """What there is of an hour: the sum of its stretches, and a bit for each that is there."""

    total: int
    held: int


_NOTHING = Hour(0, 0)


class Minutes:
    """Stretches of `width` minutes. Values and offsets are whole numbers; a stretch has one value, its newest."""

    __slots__ = ("_blocks", "_held", "_hour", "_newest", "_offsets", "_total", "_values", "slots", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.slots = MINUTES_AN_HOUR // width
        self._blocks = b""  # as compact as can be; of the hours that are not open
        self._hour = _NOWHERE  # the open one
        self._newest = _NOWHERE  # no block is of a later one
        self._held = 0
        self._total = 0
        self._values = array("i", bytes(4 * self.slots))
        self._offsets: array[int] | None = None  # of readings of `instant`: which of a stretch is the newest

    def put(self, hour: int, slot: int, value: int | None, offset: int = 0) -> None:
        """What is said of a stretch; None where it does not count. An older instant of the same stretch says nothing.

        `offset` is where in its stretch the instant lies, in microseconds; only readings of `instant` have one.
        """
        if hour != self._hour:
            self._open(hour)
        bit = 1 << slot
        if self._held & bit:
            newest = self._offsets[slot] if self._offsets is not None else 0
            if offset < newest or (value is None and offset != newest):
                return
            self._total -= self._values[slot]
            self._held &= ~bit
        if value is None:
            return
        self._set(slot, value)
        if offset and self._offsets is None:
            self._offsets = array("I", bytes(4 * self.slots))
        if self._offsets is not None:
            self._offsets[slot] = offset
        self._total += value
        self._held |= bit

    def _set(self, slot: int, value: int) -> None:
        try:
            self._values[slot] = value
        except OverflowError:  # above 2147 ug/m3
            self._values = array("q", self._values)
            self._values[slot] = value

    def of(self, hour: int) -> Hour:
        """An hour, open or not."""
        if hour == self._hour:
            return Hour(self._total, self._held)
        place = self._find(hour)
        if place == _NOWHERE:
            return _NOTHING
        held, values, _ = self._read(place)
        return Hour(sum(values), held)

    def forget(self, before: int) -> None:
        """Drops the hours before that one, once the first of those kept is one of them."""
        first = next(self._heads(), None)
        if first is None or first[1] >= before:
            return
        gone = [place for place, hour in self._heads() if hour < before]
        for place in reversed(gone):
            self._cut(place)

    def _open(self, hour: int) -> None:
        self._close()
        place = self._find(hour)
        self._newest = max(self._newest, hour)
        self._hour, self._held, self._total = hour, 0, 0
        if place == _NOWHERE:
            return
        self._held, values, offsets = self._read(place)
        self._cut(place)
        slots = self._slots(self._held)
        for slot, value in zip(slots, values, strict=True):
            self._set(slot, value)
        if offsets:
            self._offsets = array("I", bytes(4 * self.slots))
            for slot, offset in zip(slots, offsets, strict=True):
                self._offsets[slot] = offset
        self._total = sum(values)

    def _close(self) -> None:
        if self._held:
            self._blocks += self._block()
        self._offsets = None

    def _block(self) -> bytes:
        """The open hour."""
        slots = self._slots(self._held)
        body = pack([self._values[slot] for slot in slots])
        offsets = [] if self._offsets is None else [self._offsets[slot] for slot in slots]
        if any(offsets):
            return self._framed(_Form.TIMED, _MASK.pack(self._held) + body + pack(offsets))
        if len(slots) < self.slots:
            return self._framed(_Form.MASKED, _MASK.pack(self._held) + body)
        return self._framed(_Form.FULL, body)

    def _framed(self, form: _Form, body: bytes) -> bytes:
        return _BLOCK.pack(self._hour, form) + body

    def _read(self, place: int) -> tuple[int, list[int], list[int]]:
        """(bits, values, offsets) of the block there."""
        _, form = _BLOCK.unpack_from(self._blocks, place)
        at = place + _BLOCK.size
        held = (1 << self.slots) - 1
        if form != _Form.FULL:
            (held,) = _MASK.unpack_from(self._blocks, at)
            at += _MASK.size
        values, at = unpack(self._blocks, at, held.bit_count())
        return held, values, unpack(self._blocks, at, held.bit_count())[0] if form == _Form.TIMED else []

    def _heads(self) -> Iterator[tuple[int, int]]:
        """(place, hour) of each block."""
        place = 0
        while place < len(self._blocks):
            (hour, _), after = _BLOCK.unpack_from(self._blocks, place), self._end(place)
            yield place, hour
            place = after

    def _end(self, place: int) -> int:
        """Where the block there ends."""
        _, form = _BLOCK.unpack_from(self._blocks, place)
        at, count = place + _BLOCK.size, self.slots
        if form != _Form.FULL:
            count = _MASK.unpack_from(self._blocks, at)[0].bit_count()
            at += _MASK.size
        at = skip(self._blocks, at, count)
        return skip(self._blocks, at, count) if form == _Form.TIMED else at

    def _find(self, hour: int) -> int:
        if hour > self._newest:
            return _NOWHERE
        return next((place for place, there in self._heads() if there == hour), _NOWHERE)

    def _cut(self, place: int) -> None:
        self._blocks = self._blocks[:place] + self._blocks[self._end(place) :]

    def _slots(self, held: int) -> list[int]:
        return [slot for slot in range(self.slots) if held >> slot & 1]

    def dump(self) -> str:
        """What `load` takes, as plain data, by hour; the open one goes as one that is not."""
        ends = [*(place for place, _ in self._heads()), len(self._blocks)][1:]
        blocks = [(hour, self._blocks[place:end]) for (place, hour), end in zip(self._heads(), ends, strict=True)]
        if self._held:
            blocks.append((self._hour, self._block()))
        return base64.b64encode(b"".join(block for _, block in sorted(blocks))).decode()

    def load(self, state: str) -> None:
        """Takes what `dump` gave; the newest hour is open again."""
        self._blocks = base64.b64decode(state)
        self._newest = max((hour for _, hour in self._heads()), default=_NOWHERE)
        if self._newest != _NOWHERE:
            self._open(self._newest)
