"""The checksums that HJ 212 frames carry: the standard's own, and the one that old devices send in its place. Pure.

HJ 212-2017 annex A (STANDARDS 7.2): the register's low byte is thrown away at each step, so that its high byte alone
decides what follows: an automaton of 256 states. It is linear besides (x ^ y goes to the sum of what x and y go to),
so that two halves of a message may be run through side by side: the left half moved on by as many steps as the right
one is long, then both added. A thousand bytes are folded to eight by a handful of calls in C.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

_POLYNOMIAL = 0xA001
_START = 0xFFFF
_SHORT = 8  # bytes, up to twice as many, gone through one by one: folding them would cost more
_LONGEST = 9999  # bytes: a frame's length has four digits


class Checksum(StrEnum):
    """Which of the two a device sends: a setting of the device, never guessed."""

    HJ212 = "hj212"
    MODBUS = "modbus"


def _eight_bits(register: int) -> int:
    for _ in range(8):
        register = register >> 1 ^ (_POLYNOMIAL if register & 1 else 0)
    return register


_REGISTERS = tuple(_eight_bits(byte) for byte in range(256))  # after one byte, by high byte of the register ^ byte
_STEP = bytes(register >> 8 for register in _REGISTERS)


def _leaps() -> Mapping[int, bytes]:
    """Tables that go that many steps at once: 8 to 16, and those doubled and doubled again."""
    tables: dict[int, bytes] = {}
    table = bytes(range(256))
    for steps in range(1, 2 * _SHORT + 1):
        table = table.translate(_STEP)
        tables[steps] = table
    for shortest in range(_SHORT, 2 * _SHORT + 1):
        steps = shortest
        while 2 * steps <= _LONGEST:
            tables[2 * steps] = tables[steps].translate(tables[steps])
            steps *= 2
    return tables


_LEAPS = _leaps()


def _hj212(data: bytes) -> int:
    if not data:
        return _START
    halvings = max((len(data) - 1).bit_length() - _SHORT.bit_length(), 0)
    size = -(-len(data) >> halvings) << halvings  # as few zeros before it as make it divisible so often
    rest = (bytes((data[0] ^ _START >> 8,)) + data[1:]).rjust(size, b"\0")  # zero stays zero, however many steps
    for _ in range(halvings):
        size //= 2
        left, right = rest[:size].translate(_LEAPS[size]), rest[size:]
        rest = (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(size, "big")
    state = 0
    for byte in rest[:-1]:
        state = _STEP[state ^ byte]
    return _REGISTERS[state ^ rest[-1]]


def _modbus(data: bytes) -> int:
    register = _START
    for byte in data:
        register = register >> 8 ^ _REGISTERS[register & 0xFF ^ byte]
    return register


_WAYS: Mapping[Checksum, Callable[[bytes], int]] = {Checksum.HJ212: _hj212, Checksum.MODBUS: _modbus}


def checksum(data: bytes, kind: Checksum = Checksum.HJ212) -> int:
    """Of a data segment of at most 9999 bytes; 16 bits, written as four hexadecimal digits, the high byte first."""
    return _WAYS[kind](data)
