"""One hour of readings of one pollutant and period as a block of bytes; blocks lie one after the other in a chunk."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from alerts.air.packing import pack, skip, unpack

_HEAD = Struct("<IB")  # hour, form
_MASK = Struct("<Q")


class _Form(IntEnum):
    """How an hour's stretches are packed."""

    FULL = 0
    MASKED = 1  # some are missing: the bits of those that are there come first
    TIMED = 2  # as `MASKED`, and where in their stretches the readings lie


class Block(NamedTuple):
    """Of an hour: a bit for each stretch that is there, the values of those, and where in them they lie, if that."""

    hour: int
    held: int
    values: list[int]
    offsets: list[int]


def packed(block: Block, slots: int) -> bytes:
    """A block of an hour that has so many stretches, of which one at least is there."""
    if any(block.offsets):
        body = _MASK.pack(block.held) + pack(block.values) + pack(block.offsets)
        return _HEAD.pack(block.hour, _Form.TIMED) + body
    if len(block.values) < slots:
        return _HEAD.pack(block.hour, _Form.MASKED) + _MASK.pack(block.held) + pack(block.values)
    return _HEAD.pack(block.hour, _Form.FULL) + pack(block.values)


def unpacked(chunk: bytes, at: int, slots: int) -> Block:
    """The block there."""
    hour, form = _HEAD.unpack_from(chunk, at)
    held, at = _held(chunk, at + _HEAD.size, form, slots)
    values, at = unpack(chunk, at, held.bit_count())
    return Block(hour, held, values, unpack(chunk, at, held.bit_count())[0] if form == _Form.TIMED else [])


def hour_at(chunk: bytes, at: int = 0) -> int:
    """Of the block there."""
    hour: int = _HEAD.unpack_from(chunk, at)[0]
    return hour


def end(chunk: bytes, at: int, slots: int) -> int:
    """Where the block there ends."""
    _, form = _HEAD.unpack_from(chunk, at)
    held, at = _held(chunk, at + _HEAD.size, form, slots)
    at = skip(chunk, at, held.bit_count())
    return skip(chunk, at, held.bit_count()) if form == _Form.TIMED else at


def _held(chunk: bytes, at: int, form: int, slots: int) -> tuple[int, int]:
    """A block's bits, and where what follows them begins."""
    if form == _Form.FULL:
        return (1 << slots) - 1, at
    held: int = _MASK.unpack_from(chunk, at)[0]
    return held, at + _MASK.size
