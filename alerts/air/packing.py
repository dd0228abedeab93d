"""An hour's readings of one period, packed: each value takes as many bits as the hour's spread needs.

A minute reading costs about a byte, so that all of the allowed lateness can be kept and a correction finds what it
replaces. Exact: what comes out is what went in.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import gcd
from operator import sub
from struct import Struct

from alerts.windows import MILLION

# Head: bits a number, decimals left out, what the numbers are, whether the smallest is a wide one. Then the smallest.
_HEAD = Struct("<H")
_NARROW, _WIDE = Struct("<i"), Struct("<q")
_BITS, _DECIMALS_AT, _IS_STEPS, _IS_WIDE = 0xFF, 8, 1 << 14, 1 << 15
_NARROWEST, _NARROW_END = -(2**31), 2**31


def pack(values: Sequence[int]) -> bytes:
    """A column of whole numbers, at least one: as they are, or as the steps from one to the next where that is less."""
    decimals = _decimals(gcd(MILLION, *values))
    plain = _packed(values, decimals, 0)
    steps = _packed([values[0], *map(sub, values[1:], values)], decimals, _IS_STEPS)
    return min(plain, steps, key=len)


def _packed(values: Sequence[int], decimals: int, form: int) -> bytes:
    """The first of steps goes beside them, as it is no step."""
    scale = 10**decimals
    first = b""
    if form == _IS_STEPS:
        first, values = _WIDE.pack(values[0]), values[1:] or (0,)
    least = min(values) // scale
    bits = (max(values) // scale - least).bit_length()
    packed = 0
    for value in reversed(values):
        packed = packed << bits | value // scale - least
    body = first + packed.to_bytes(_size(bits, len(values)), "little")
    head = bits | decimals << _DECIMALS_AT | form
    if _NARROWEST <= least < _NARROW_END:
        return _HEAD.pack(head) + _NARROW.pack(least) + body
    return _HEAD.pack(head | _IS_WIDE) + _WIDE.pack(least) + body


def unpack(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """The `count` values packed at that place, and where the next thing begins."""
    (head,) = _HEAD.unpack_from(data, at)
    (least,) = (_WIDE if head & _IS_WIDE else _NARROW).unpack_from(data, at + _HEAD.size)
    begin, end = _ends(data, at, count)
    bits, scale = head & _BITS, 10 ** (head >> _DECIMALS_AT & 7)
    packed = int.from_bytes(data[begin:end], "little")
    mask = (1 << bits) - 1
    if not head & _IS_STEPS:
        return [scale * (least + (packed >> bits * place & mask)) for place in range(count)], end
    (first,) = _WIDE.unpack_from(data, begin - _WIDE.size)
    steps = (scale * (least + (packed >> bits * place & mask)) for place in range(count - 1))
    return [*accumulate(steps, initial=first)], end


def skip(data: bytes, at: int, count: int) -> int:
    """Where the next thing begins after a column of so many."""
    return _ends(data, at, count)[1]


def _ends(data: bytes, at: int, count: int) -> tuple[int, int]:
    """Where a column's bits begin, and where they end."""
    (head,) = _HEAD.unpack_from(data, at)
    begin = at + _HEAD.size + (_WIDE.size if head & _IS_WIDE else _NARROW.size)
    if head & _IS_STEPS:
        begin, count = begin + _WIDE.size, max(1, count - 1)
    return begin, begin + _size(head & _BITS, count)


def _decimals(common: int) -> int:
    """How often ten goes into a divisor of a million."""
    return next(decimals for decimals in range(6, -1, -1) if common % 10**decimals == 0)


def _size(bits: int, count: int) -> int:
    return (bits * count + 7) // 8
