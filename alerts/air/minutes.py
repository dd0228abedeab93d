"""The readings finer than an hour of one pollutant and period, hour by hour: one open, the others packed."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from alerts.air.block import Block
from alerts.air.blocks import Blocks
from alerts.air.counting import MINUTES_AN_HOUR

_NOWHERE = -1


class Hour(NamedTuple):
    """What there is of an hour: the sum of its stretches, and a bit for each that is there."""

    total: int
    held: int


_NOTHING = Hour(0, 0)


class Minutes:
    """Stretches of `width` minutes. Values and offsets are whole numbers; a stretch has one value, its newest."""

    __slots__ = ("_blocks", "_held", "_hour", "_offsets", "_total", "_values", "slots", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.slots = MINUTES_AN_HOUR // width
        self._blocks = Blocks(self.slots)  # as compact as can be; of the hours that are not open
        self._hour = _NOWHERE  # the open one
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
        block = self._blocks.find(hour)
        return _NOTHING if block is None else Hour(sum(block.values), block.held)

    def forget(self, before: int) -> None:
        """Drops the hours before that one."""
        self._blocks.forget(before)

    def _open(self, hour: int) -> None:
        if self._held:
            self._blocks.put(self._block())
        self._hour, self._held, self._total, self._offsets = hour, 0, 0, None
        block = self._blocks.take(hour)
        if block is None:
            return
        slots = self._slots(block.held)
        self._held, self._total = block.held, sum(block.values)
        for slot, value in zip(slots, block.values, strict=True):
            self._set(slot, value)
        if block.offsets:
            self._offsets = array("I", bytes(4 * self.slots))
            for slot, offset in zip(slots, block.offsets, strict=True):
                self._offsets[slot] = offset

    def _block(self) -> Block:
        """The open hour, of which there is something."""
        slots = self._slots(self._held)
        offsets = [] if self._offsets is None else [self._offsets[slot] for slot in slots]
        return Block(self._hour, self._held, [self._values[slot] for slot in slots], offsets)

    def _slots(self, held: int) -> list[int]:
        return [slot for slot in range(self.slots) if held >> slot & 1]

    def dump(self) -> str:
        """What `load` takes, as plain data, by hour; the open one goes as one that is not."""
        return self._blocks.dump(self._block() if self._held else None)

    def load(self, state: str) -> None:
        """Takes what `dump` gave; the newest hour is open again."""
        newest = self._blocks.load(state)
        if newest is not None:
            self._open(newest)
