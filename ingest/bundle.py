"""The readings of one station, period and instant as a message brings them: handed on as one, in columns. Pure.

Most of what comes is alike: the same parameters, all of them passed. Those columns are shared by all such messages, so
that one more of them is hardly more than its numbers: in memory, in the log, and to whoever looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from ingest.model import Flag, Reading

Value = tuple[str, float | None, int, str]  # parameter, value, flag, reason

_PASS = Flag.PASS.value
_LAYOUTS = 65_536  # rows of parameters that are remembered: stations of a kind mostly share a few


class Values:
    """Goes as a sequence of `Value`. Whoever makes one hands over columns that nobody changes any more."""

    __slots__ = ("flags", "given", "names", "reasons")

    def __init__(
        self, names: Sequence[str], given: Sequence[float | None], flags: Sequence[int], reasons: Sequence[str]
    ) -> None:
        self.names = names
        self.given = given
        self.flags = flags
        self.reasons = reasons

    @classmethod
    def of(cls, rows: Iterable[Value]) -> Values:
        """The columns of those."""
        names, given, flags, reasons = [*zip(*rows, strict=True)] or ((), (), (), ())
        return cls(layout(names), given, flags, reasons)

    @classmethod
    def loaded(cls, state: Sequence[Any]) -> Values:
        """What `plain` gave; or a list of values, as logs of earlier versions have them."""
        if not state or not isinstance(state[0], str):
            return cls.of([(name, value, flag, reason) for name, value, flag, reason in state])
        names = _split(state[0])
        return cls(names, state[1], *(state[2:] or passed(len(names))))

    def plain(self) -> list[Any]:
        """As JSON has them: parameters in one word; flags and reasons where not all passed."""
        said = [_joined(tuple(self.names)), self.given]
        return said if self.all_passed and not any(self.reasons) else [*said, self.flags, self.reasons]

    @property
    def all_passed(self) -> bool:
        return self.flags.count(_PASS) == len(self.flags)

    def marked(self, place: int, flag: int, reason: str) -> Values:
        """With another flag and reason at that place."""
        flags, reasons = [*self.flags], [*self.reasons]
        flags[place], reasons[place] = flag, reason
        return Values(self.names, self.given, flags, reasons)

    def __iter__(self) -> Iterator[Value]:
        return zip(self.names, self.given, self.flags, self.reasons, strict=True)

    def __len__(self) -> int:
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Values | list | tuple):
            return [*self] == [*other]
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # columns may be lists

    def __repr__(self) -> str:
        return f"Values.of({[*self]})"


class Bundle(NamedTuple):
    """What a message says of one instant, for all who look at it: made singly, readings cost more than most looks."""

    station: str
    kind: str
    period: str
    instant: datetime
    micros: int  # the instant: microseconds since 1970
    received_at: datetime
    values: Values

    @property
    def readings(self) -> Iterator[Reading]:
        """One by one."""
        station, kind, period, instant, _, received_at, values = self
        for parameter, value, flag, reason in values:
            yield Reading(station, kind, parameter, period, instant, value, flag, reason, received_at)


Heard = tuple[Sequence[Bundle], Sequence[Any]]  # a delivery's readings, and what was worked out of it


@lru_cache
def passed(several: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Flags and reasons of so many that passed."""
    return (_PASS,) * several, ("",) * several


@lru_cache(_LAYOUTS)
def layout(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all that are the same."""
    return names


@lru_cache(_LAYOUTS)
def _joined(names: tuple[str, ...]) -> str:
    return ",".join(names)


@lru_cache(_LAYOUTS)
def _split(joined: str) -> tuple[str, ...]:
    return layout(tuple(joined.split(",")) if joined else ())
