"""What is remembered of one series (station, parameter, period): its newest values, by instant. Pure.

Three questions: was this reading here before, what stood before it, and since when has the value not changed.
16 bytes a value; a reading older than the memory counts as new (writing it again changes nothing).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import Enum
from math import isnan, nan
from typing import Any, NamedTuple

REMEMBERED = 64  # redelivery comes within seconds, a re-sent day of hours fits twice
_AT_ONCE = 16  # forgotten a few at a time: the arrays are the most of what a station costs
_MOST = REMEMBERED + _AT_ONCE
_NEVER = -(2**63)
ALWAYS = 2**63 - 1
_NONE: frozenset[int] = frozenset()  # one for all that have none, as most do


class Arrival(Enum):
    """How a reading stands to those before it."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CORRECTION = "correction"


class Trust(NamedTuple):
    """What `Series.calm` may take, as `Series.trust` was told, and the newest value with since when it is the same."""

    low: float
    high: float
    near: float
    constant: float
    until: int
    value: float
    since: int


class Series:
    """The newest instants (microseconds since 1970, UTC) and values of one series; missing is NaN.

    `newest` is the newest instant, before all others where there is none; `jumped` the last one that was a spike;
    `marked` those whose values measured nothing, by the device's own mark.
    """

    __slots__ = ("_constant", "_high", "_instants", "_low", "_near", "_same_since", "_same_value", "_until", "_values",
                 "jumped", "marked", "newest")  # fmt: skip

    def __init__(self) -> None:
        self._instants = array("q")
        self._values = array("d")
        self._same_value = nan
        self._same_since = 0
        self.newest = _NEVER
        self.jumped: int | None = None
        self.marked: frozenset[int] = _NONE
        self._low = self._high = self._near = self._constant = 0.0
        self._until = _NEVER

    def trust(self, low: float, high: float, near: float, constant: float, until: int) -> None:
        """What `calm` may take: from `low` to `high`, `near` the one before, the same for less than `constant` us.

        Up to the instant `until`, or until a value comes that is not newer than all others.
        """
        self._low, self._high, self._near, self._constant, self._until = low, high, near, constant, until

    @property
    def trusted(self) -> Trust | None:
        """None where each value has to be looked at."""
        if self._until == _NEVER or not self._values or self._values[-1] != self._same_value:
            return None  # a missing value is like no other
        bounds = (self._low, self._high, self._near, self._constant, self._until)
        return Trust(*bounds, self._same_value, self._same_since)

    def catch_up(self, instants: array[int], values: array[float], since: int) -> None:
        """Takes values that are all as `calm` would take them; the newest has been the same from `since` on."""
        self._instants.extend(instants)
        self._values.extend(values)
        self.newest = instants[-1]
        self._same_value, self._same_since = values[-1], since
        self._forget()

    def jump(self, micros: int) -> None:
        """The newest value is a spike: the next one is to be looked at."""
        self.jumped = micros
        self._until = _NEVER

    def trusts(self, micros: int, value: float) -> bool:
        """Whether what `trust` was told holds at that instant, and for that value but for the one before."""
        return micros <= self._until and self._low <= value <= self._high

    def calm(self, micros: int, value: float) -> bool:
        """As `follow`, for a value that nothing can be wrong with; it takes no other, and says so.

        The hottest path: most values end here, and none of the questions need be asked of them.
        """
        if not (self._low <= value <= self._high and self.newest < micros <= self._until):
            return False
        values = self._values
        if not -self._near <= value - values[-1] <= self._near:  # nor beside a missing one
            return False
        if value != self._same_value:
            self._same_value = value
            self._same_since = micros
        elif micros - self._same_since >= self._constant:
            return False
        values.append(value)
        instants = self._instants
        instants.append(micros)
        self.newest = micros
        if len(instants) > _MOST:
            self._forget()
        return True

    def follow(self, micros: int, value: float) -> tuple[int, float, int]:
        """As `take`, for a value newer than all others: the hot path, which asks all three questions at once.

        Returns the nearest earlier instant that has a value, that value, and for how long the newest has been the same.
        """
        values, instants = self._values, self._instants
        before = values[-1] if values else nan
        before_at = self.newest
        if before != before:  # noqa: PLR0124  # NaN: missing
            before_at, before = self.before(micros) or (_NEVER, nan)
        instants.append(micros)
        values.append(value)
        self.newest = micros
        if not self._low <= value <= self._high:
            self._until = _NEVER  # what `trust` was told rests on all values since
        if value != self._same_value:
            self._same_value = value
            self._same_since = micros
        if len(instants) > _MOST:
            self._forget()
        return before_at, before, micros - self._same_since

    def extremes(self, micros: int) -> tuple[float, float] | None:
        """The least and the greatest value after that instant; None where there is none."""
        there: Sequence[float] = self._values[bisect_right(self._instants, micros) :]
        if isnan(sum(there)):
            there = [value for value in there if not isnan(value)]
        return (min(there), max(there)) if there else None

    def take(self, micros: int, value: float | None) -> Arrival:
        """Remembers the value of that instant and says how it stands to what was known."""
        given = nan if value is None else value
        if micros > self.newest:
            if value is not None:
                self.follow(micros, value)
                return Arrival.NEW
            self._instants.append(micros)  # a missing value breaks no run
            self._values.append(nan)
            self.newest = micros
            self._forget()
            return Arrival.NEW
        self._until = _NEVER
        instants = self._instants
        at = bisect_left(instants, micros)
        if instants[at] == micros:
            known = self._values[at]
            if known == given or (isnan(known) and isnan(given)):
                return Arrival.DUPLICATE
            self._values[at] = given
            self._interrupt(at)
            return Arrival.CORRECTION
        if at > 0 or len(instants) < REMEMBERED:
            instants.insert(at, micros)
            self._values.insert(at, given)
            self._interrupt(at)
            self._forget()
        return Arrival.NEW

    def standing(self, micros: int, value: float | None) -> Arrival:
        """How the value would stand to what is known. Remembers nothing."""
        instants = self._instants
        at = bisect_left(instants, micros)
        if at == len(instants) or instants[at] != micros:
            return Arrival.NEW
        known = self._values[at]
        same = isnan(known) if value is None else known == value
        return Arrival.DUPLICATE if same else Arrival.CORRECTION

    def _interrupt(self, at: int) -> None:
        """A value that came late, or was corrected, within the run of same ones: the run begins after it."""
        value = self._values[at]
        if isnan(value) or value == self._same_value or self._instants[at] < self._same_since:
            return
        later = (
            instant
            for instant, known in zip(self._instants[at + 1 :], self._values[at + 1 :], strict=True)
            if not isnan(known)
        )
        following = next(later, None)
        if following is None:
            self._same_value, self._same_since = value, self._instants[at]
        else:
            self._same_since = following

    def _forget(self) -> None:
        over = len(self._instants) - _MOST
        if over > 0:
            gone = -(-over // _AT_ONCE) * _AT_ONCE  # the same whether values came singly or many at once
            del self._instants[:gone]
            del self._values[:gone]

    def recall(self, past: Iterable[tuple[int, float | None]]) -> None:
        """Takes what was before, however much has come since; what it knows of an instant itself stands."""
        own = zip(self._instants, (None if isnan(value) else value for value in self._values), strict=True)
        known = {**dict(past), **dict(own)}
        whole = Series()
        for micros in sorted(known):
            whole.take(micros, known[micros])
        self._instants, self._values, self.newest = whole._instants, whole._values, whole.newest
        self._same_value, self._same_since = whole._same_value, whole._same_since
        self._until = _NEVER

    def before(self, micros: int) -> tuple[int, float] | None:
        """The nearest earlier instant that has a value, with that value."""
        at = len(self._instants) - 1
        if micros <= self.newest:
            at = bisect_left(self._instants, micros) - 1
        while at >= 0:
            value = self._values[at]
            if value == value:  # noqa: PLR0124  # NaN: missing
                return self._instants[at], value
            at -= 1
        return None

    def mark(self, micros: int, *, failed: bool) -> None:
        """Whether the value of that instant measured nothing."""
        if failed:
            oldest = self._instants[0] if self._instants else micros
            self.marked = frozenset([*(one for one in self.marked if one >= oldest), micros])
        elif micros in self.marked:
            self.marked -= {micros}

    def measured(self, micros: int) -> tuple[int, float] | None:
        """As `before`, of those that measured something."""
        found = self.before(micros)
        while found is not None and found[0] in self.marked:
            found = self.before(found[0])
        return found

    def known(self, micros: int) -> float | None:
        """The value remembered for that instant."""
        at = bisect_left(self._instants, micros)
        if at < len(self._instants) and self._instants[at] == micros and not isnan(self._values[at]):
            return self._values[at]
        return None

    def snapshot(self) -> list[Any]:
        """Plain data for the checkpoint; NaN as None."""
        values = [None if isnan(value) else value for value in self._values]
        same = None if isnan(self._same_value) else self._same_value
        return [self._instants.tolist(), values, same, self._same_since, self.jumped, sorted(self.marked)]

    @classmethod
    def restored(cls, state: list[Any]) -> Series:
        """The series as it was. Checkpoints of earlier versions do not know what has jumped, or was marked."""
        series = cls()
        instants, values, same, series._same_since, *more = state
        series.jumped = more[0] if more else None
        series.marked = frozenset(more[1]) if len(more) > 1 else _NONE
        series._instants = array("q", instants)
        series.newest = instants[-1] if instants else _NEVER
        series._values = array("d", [nan if value is None else value for value in values])
        series._same_value = nan if same is None else same
        return series
