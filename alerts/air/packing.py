"""An hour's readings of one period, packed: each value takes as many bits as the hour's spread needs.

A minute reading costs about a byte, so that all of the allowed lateness can be kept and a correction finds what it
replaces. Exact: what comes out is what went in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from struct import Struct

from alerts.windows import MILLION

_COLUMN = Struct("<qIB")  # the smallest, the step, bits each


def pack(values: Sequence[int]) -> bytes:
    """A column of whole numbers, at least one."""
    step = math.gcd(MILLION, *values)
    least = min(values)
    bits = ((max(values) - least) // step).bit_length()
    packed = 0
    for value in reversed(values):
        packed = packed << bits | (value - least) // step
    return _COLUMN.pack(least, step, bits) + packed.to_bytes(_size(bits, len(values)), "little")


def unpack(data: bytes | bytearray, at: int, count: int) -> tuple[list[int], int]:
    """The `count` values packed at that place, and where the next thing begins."""
    least, step, bits = _COLUMN.unpack_from(data, at)
    begin = at + _COLUMN.size
    end = begin + _size(bits, count)
    packed = int.from_bytes(data[begin:end], "little")
    mask = (1 << bits) - 1
    return [least + step * (packed >> bits * place & mask) for place in range(count)], end


def _size(bits: int, count: int) -> int:
    return (bits * count + 7) // 8
