"""The hours of one pollutant and period that are not being filled, in chunks of packed blocks."""

from __future__ import annotations

import base64
from bisect import bisect_right

from alerts.air.block import Block, end, hour_at, packed, unpacked

_NOWHERE = -1
# Bytes of a chunk. With the 33 of an object it is what Python's allocator of small ones takes. One piece for all hours,
# growing with each beside those of thousands of others, left a fifth of the memory in holes.
_LONGEST = 512 - 33


class Blocks:
    """By hour, of which each has `slots` stretches."""

    __slots__ = ("_chunks", "_newest", "_slots")

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._chunks: list[bytes] = []
        self._newest = _NOWHERE  # no block is of a later hour

    def find(self, hour: int) -> Block | None:
        """The block of an hour, if there is one."""
        if hour > self._newest:
            return None
        index, at = self._place(hour)
        if at == len(self._chunks[index]) or hour_at(self._chunks[index], at) != hour:
            return None
        return unpacked(self._chunks[index], at, self._slots)

    def take(self, hour: int) -> Block | None:
        """As `find`; it is not here any more."""
        found = self.find(hour)
        if found is not None:
            self._cut(*self._place(hour))
        return found

    def put(self, block: Block) -> None:
        """Of an hour that is not here."""
        data, chunks = packed(block, self._slots), self._chunks
        if block.hour > self._newest:
            self._newest = block.hour
            if chunks and len(chunks[-1]) + len(data) <= _LONGEST:
                chunks[-1] += data
            else:
                chunks.append(data)
            return
        index, at = self._place(block.hour)
        before, after = chunks[index][:at], chunks[index][at:]
        fits = len(before) + len(data) + len(after) <= _LONGEST
        chunks[index : index + 1] = [before + data + after] if fits else filter(None, (before, data, after))

    def forget(self, before: int) -> None:
        """Drops the hours before that one."""
        while self._chunks and hour_at(self._chunks[0]) < before:
            self._cut(0, 0)

    def _place(self, hour: int) -> tuple[int, int]:
        """(chunk, place in it) where the block of an hour is, or would be; there is a chunk."""
        index = max(0, bisect_right(self._chunks, hour, key=hour_at) - 1)
        chunk, at = self._chunks[index], 0
        while at < len(chunk) and hour_at(chunk, at) < hour:
            at = end(chunk, at, self._slots)
        return index, at

    def _cut(self, index: int, at: int) -> None:
        chunk = self._chunks[index]
        rest = chunk[:at] + chunk[end(chunk, at, self._slots) :]
        self._chunks[index : index + 1] = [rest] if rest else []
        if not self._chunks:
            self._newest = _NOWHERE

    def dump(self, beside: Block | None) -> str:
        """What `load` takes, as plain data: those here, and one more."""
        whole = b"".join(self._chunks)
        if beside is not None:
            at = 0
            while at < len(whole) and hour_at(whole, at) < beside.hour:
                at = end(whole, at, self._slots)
            whole = whole[:at] + packed(beside, self._slots) + whole[at:]
        return base64.b64encode(whole).decode()

    def load(self, state: str) -> int | None:
        """Takes what `dump` gave; the newest hour of it, None where there is none."""
        whole, begin, at = base64.b64decode(state), 0, 0
        while at < len(whole):
            after = end(whole, at, self._slots)
            if after - begin > _LONGEST and begin < at:
                self._chunks.append(whole[begin:at])
                begin = at
            self._newest, at = hour_at(whole, at), after
        if whole:
            self._chunks.append(whole[begin:])
        return self._newest if whole else None
