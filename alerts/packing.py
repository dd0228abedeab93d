"""Samples that are seldom looked at again, in two or three bytes each and exactly: a stretch of rows, column by column.

Instants are mostly a first and a step, flags mostly one flag, and what an instrument says is mostly a whole number of
some decimal unit: each column is its least number, and above it as many bits a row as the widest needs. Values that do
not fit that (a missing one, a float with all its digits) are kept as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import sub
from struct import Struct, pack, unpack_from

ROW = Struct("<qdBi")  # instant, value, code, delay; one byte order everywhere: a snapshot fits another machine
_HEAD = Struct("<HHq")  # bytes in all, rows, first instant
_MILLION = 1_000_000.0
_times_a_million = _MILLION.__mul__
_WIDEST = 2**52  # of values: what lies further apart is no shorter than its floats

Stretches = bytes | bytearray


def packed(rows: Stretches) -> bytes:
    """A stretch of rows, at least one and at most some hundreds."""
    instants, values, codes, delays = zip(*ROW.iter_unpack(rows), strict=True)
    steps = [*map(sub, instants[1:], instants)]
    body = _column(steps) + _values(values) + _column(codes) + _column(delays)
    return _HEAD.pack(_HEAD.size + len(body), len(instants), instants[0]) + body


def head(stretches: Stretches, at: int) -> tuple[int, int, int]:
    """Of the stretch at that offset: its bytes, its rows, its first instant."""
    size, rows, first = _HEAD.unpack_from(stretches, at)
    return size, rows, first


def unpacked(stretches: Stretches, at: int) -> bytes:
    """The rows of the stretch at that offset."""
    _, rows, instant = _HEAD.unpack_from(stretches, at)
    steps, at = _read_column(stretches, at + _HEAD.size, rows - 1)
    values, at = _read_values(stretches, at, rows)
    codes, at = _read_column(stretches, at, rows)
    delays, at = _read_column(stretches, at, rows)
    found = bytearray()
    for step, value, code, delay in zip((0, *steps), values, codes, delays, strict=True):
        instant += step
        found += ROW.pack(instant, value, code, delay)
    return bytes(found)


def _values(values: Sequence[float]) -> bytes:
    """Unit and column, or no unit and the floats."""
    try:
        scaled = [*map(round, map(_times_a_million, values))]
    except (ValueError, OverflowError):  # a missing one; one without end
        scaled = []
    whole = not scaled or max(scaled) - min(scaled) < _WIDEST
    if not whole or (*map(_MILLION.__rtruediv__, scaled),) != values:
        return _number(0) + pack(f"<{len(values)}d", *values)
    unit = math.gcd(*scaled) or 1
    return _number(unit) + _column([number // unit for number in scaled])


def _read_values(stretches: Stretches, at: int, rows: int) -> tuple[Sequence[float], int]:
    unit, at = _read_number(stretches, at)
    if not unit:
        return unpack_from(f"<{rows}d", stretches, at), at + 8 * rows
    numbers, at = _read_column(stretches, at, rows)
    return [number * unit / _MILLION for number in numbers], at


def _column(numbers: Sequence[int]) -> bytes:
    """The least of them, how many bits the others lie above it, and those bits."""
    if not numbers or numbers.count(numbers[0]) == len(numbers):  # as most columns but the values'
        return _number(numbers[0] if numbers else 0) + b"\0"
    least = min(numbers)
    bits = (max(numbers) - least).bit_length()
    together = 0
    for number in reversed(numbers):
        together = together << bits | number - least
    return _number(least) + bytes((bits,)) + together.to_bytes((bits * len(numbers) + 7) // 8, "little")


def _read_column(stretches: Stretches, at: int, rows: int) -> tuple[Sequence[int], int]:
    least, at = _read_number(stretches, at)
    bits = stretches[at]
    end = at + 1 + (bits * rows + 7) // 8
    if not bits:
        return [least] * rows, end
    together = int.from_bytes(stretches[at + 1 : end], "little")
    mask = (1 << bits) - 1
    return [least + (together >> shift & mask) for shift in range(0, bits * rows, bits)], end


def _number(number: int) -> bytes:
    """How many bytes it takes, and those."""
    size = (number.bit_length() + 8) // 8
    return bytes((size,)) + number.to_bytes(size, "little", signed=True)


def _read_number(stretches: Stretches, at: int) -> tuple[int, int]:
    end = at + 1 + stretches[at]
    return int.from_bytes(stretches[at + 1 : end], "little", signed=True), end
