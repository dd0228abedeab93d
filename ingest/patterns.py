"""What shows only over hours and days, judged value by value: the signs of data that somebody made. Pure.

A day repeated, and values that keep just below the limit. Each is fed the values that passed everything else, those
in order of instant, and remembers a few numbers: 24 fingerprints, one share. No standard gives figures for either;
what is found is a sign for a person to follow, not a proof.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Protocol

from ingest.catalog import NearLimit, Repeat
from ingest.model import Flag
from ingest.quality import Verdict

HOUR = 3_600_000_000  # microseconds
_HOURS = 24
_NONE = -1  # the fingerprint of no hour
_MASK = 2**31 - 1
_REPEATED: Verdict = (Flag.SUSPECT.value, "repeated_day")
_NEAR: Verdict = (Flag.SUSPECT.value, "near_limit")


class Watch(Protocol):
    """Looks at one series for longer than a reading."""

    @property
    def name(self) -> str:
        """By which a checkpoint knows it."""
        ...

    def take(self, micros: int, value: float) -> Verdict | None:
        """What is wrong at that value; None for nothing. An instant before one that was taken is not looked at."""
        ...

    def snapshot(self) -> Sequence[Any]:
        """Plain data for the checkpoint."""
        ...

    def restore(self, state: Sequence[Any]) -> None:
        """Takes that over."""
        ...


class RepeatedDay:
    """Fingerprints of the last 24 hours. An hour missing ends a row: nobody can say what was in it."""

    __slots__ = ("_before", "_digest", "_hour", "_ring", "_run", "_wanted")
    name = "repeat"

    def __init__(self, repeat: Repeat) -> None:
        self._wanted = repeat.hours
        self._ring = array("i", [_NONE] * _HOURS)  # by hour of the day
        self._hour = _NONE
        self._digest = 0  # of the hour that is coming in
        self._before = _NONE  # of the hour before it
        self._run = 0

    def take(self, micros: int, value: float) -> Verdict | None:
        hour = micros // HOUR
        if hour == self._hour:
            self._digest = (self._digest * 1_000_003 + hash(value)) & _MASK
        elif hour < self._hour:
            return None
        else:
            if self._hour != _NONE:
                self._close(hour)
            self._hour, self._digest = hour, hash(value) & _MASK
        return _REPEATED if self._run >= self._wanted else None

    def _close(self, hour: int) -> None:
        slot = self._hour % _HOURS
        if self._digest != self._ring[slot]:
            self._run = 0
        elif self._digest != self._before:
            self._run += 1
        self._ring[slot] = self._before = self._digest
        for missed in range(self._hour + 1, min(hour, self._hour + 1 + _HOURS)):
            self._ring[missed % _HOURS] = self._before = _NONE
            self._run = 0

    def snapshot(self) -> Sequence[Any]:
        return [self._ring.tolist(), self._hour, self._digest, self._before, self._run]

    def restore(self, state: Sequence[Any]) -> None:
        ring, self._hour, self._digest, self._before, self._run = state
        self._ring = array("i", ring)


class JustBelow:
    """The share of readings just below the limit, weighted: what is `hours` old counts a third of what is new."""

    __slots__ = ("_high", "_low", "_most", "_newest", "_share", "_weight")
    name = "near_limit"

    def __init__(self, near: NearLimit, *, limit: float, step: int) -> None:
        self._low, self._high, self._most = near.above * limit, limit, near.most
        self._weight = min(1.0, step / (near.hours * HOUR))
        self._share = 0.0
        self._newest = _NONE

    def take(self, micros: int, value: float) -> Verdict | None:
        if micros <= self._newest:
            return None
        self._newest = micros
        self._share += ((self._low <= value <= self._high) - self._share) * self._weight
        return _NEAR if self._share > self._most else None

    def snapshot(self) -> Sequence[Any]:
        return [self._share, self._newest]

    def restore(self, state: Sequence[Any]) -> None:
        self._share, self._newest = state
