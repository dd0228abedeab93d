"""An hour's readings of one period, packed: each value takes as many bits as its step from the one before.

A minute reading costs well under a byte, so that all of the allowed lateness can be kept and a correction finds what it
replaces. Exact: what comes out is what went in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import gcd
from operator import sub
from struct import Struct

from alerts.windows import MILLION

# Head: bits a number, decimals left out, what the numbers are. Then a number as a whole, short, narrow or wide.
_HEAD = Struct("<H")
_SHORT, _NARROW, _WIDE = Struct("<h"), Struct("<i"), Struct("<q")
_BITS, _DECIMALS_AT, _DECIMALS = 0xFF, 8, 7
# Plain: above the least, which the head is followed by. Rice: the first, and then steps; most are as small as the next,
# a few are not: of each the lower bits are kept as they are, and how often what is above them counts in ones and zeros.
# Steps: as checkpoints of before have them, the first beside the least of them; read, and not written any more.
_IS_SHORT, _IS_RICE, _IS_STEPS, _IS_WIDE = 1 << 12, 1 << 13, 1 << 14, 1 << 15
_LONGEST = 0xFF  # bytes of counts


def pack(values: Sequence[int]) -> bytes:
    """A column of whole numbers, at least one: as they are, or as the steps from one to the next where that is less."""
    decimals = _decimals(gcd(MILLION, *values))
    scale = 10**decimals
    numbers = [value // scale for value in values] if decimals else values
    steps = [2 * step if step >= 0 else -2 * step - 1 for step in map(sub, numbers[1:], numbers)]
    least = min(numbers)
    bits = (max(numbers) - least).bit_length()
    lower = (7 * sum(steps) // (10 * len(numbers))).bit_length()  # near the best for what instruments do
    counts = [step >> lower for step in steps]
    counted = _size(sum(counts) + len(counts) + 1, 1)
    if counted > _LONGEST or 1 + _size(lower, len(steps)) + counted >= _size(bits, len(numbers)):
        return _headed(bits | decimals << _DECIMALS_AT, least) + _together(bits, (each - least for each in numbers))
    mask = (1 << lower) - 1
    body = _together(lower, (step & mask for step in steps)) + _in_ones_and_zeros(counts)
    return _headed(lower | decimals << _DECIMALS_AT | _IS_RICE, numbers[0]) + bytes((counted,)) + body


def _headed(head: int, number: int) -> bytes:
    if -(1 << 15) <= number < 1 << 15:
        return _HEAD.pack(head | _IS_SHORT) + _SHORT.pack(number)
    if -(1 << 31) <= number < 1 << 31:
        return _HEAD.pack(head) + _NARROW.pack(number)
    return _HEAD.pack(head | _IS_WIDE) + _WIDE.pack(number)


def _whole(head: int) -> Struct:
    """How the number after a head is kept."""
    return _WIDE if head & _IS_WIDE else _SHORT if head & _IS_SHORT else _NARROW


def _together(bits: int, numbers: Iterable[int]) -> bytes:
    """So many bits each."""
    packed = count = 0
    for number in numbers:
        packed |= number << bits * count
        count += 1
    return packed.to_bytes(_size(bits, count), "little")


def _in_ones_and_zeros(counts: Sequence[int]) -> bytes:
    """After a one as many zeros as the number says; there is at least one number."""
    text = "".join(["1" + "0" * count for count in counts]) + "1"
    return int(text, 2).to_bytes(_size(len(text), 1), "little")


def unpack(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """The `count` values packed at that place, and where the next thing begins."""
    (head,) = _HEAD.unpack_from(data, at)
    (number,) = _whole(head).unpack_from(data, at + _HEAD.size)
    begin, end = _ends(data, at, count)
    bits, scale = head & _BITS, 10 ** (head >> _DECIMALS_AT & _DECIMALS)
    if head & _IS_RICE:
        middle = begin + _size(bits, count - 1)
        counts = map(len, f"{int.from_bytes(data[middle:end], 'little'):b}"[1:-1].split("1"))
        lower = _apart(data[begin:middle], bits, count - 1)
        steps = [above << bits | low for above, low in zip(counts, lower, strict=True)]
        found = accumulate((step >> 1 ^ -(step & 1) for step in steps), initial=number)
        return [scale * value for value in found], end
    if head & _IS_STEPS:
        (first,) = _WIDE.unpack_from(data, begin - _WIDE.size)
        apart = _apart(data[begin:end], bits, count - 1)
        return [*accumulate((scale * (number + step) for step in apart), initial=first)], end
    return [scale * (number + above) for above in _apart(data[begin:end], bits, count)], end


def _apart(data: bytes, bits: int, count: int) -> list[int]:
    packed = int.from_bytes(data, "little")
    mask = (1 << bits) - 1
    return [packed >> bits * place & mask for place in range(count)]


def skip(data: bytes, at: int, count: int) -> int:
    """Where the next thing begins after a column of so many."""
    return _ends(data, at, count)[1]


def _ends(data: bytes, at: int, count: int) -> tuple[int, int]:
    """Where a column's bits begin, and where they end."""
    (head,) = _HEAD.unpack_from(data, at)
    begin = at + _HEAD.size + _whole(head).size
    bits = head & _BITS
    if head & _IS_RICE:
        return begin + 1, begin + 1 + _size(bits, count - 1) + data[begin]
    if head & _IS_STEPS:
        return begin + _WIDE.size, begin + _WIDE.size + _size(bits, max(1, count - 1))
    return begin, begin + _size(bits, count)


def _decimals(common: int) -> int:
    """How often ten goes into a divisor of a million."""
    return next(decimals for decimals in range(6, -1, -1) if common % 10**decimals == 0)


def _size(bits: int, count: int) -> int:
    return (bits * count + 7) // 8
