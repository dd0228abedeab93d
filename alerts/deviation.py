"""Unusual change: how far a series has moved from its own recent past, in units of how far it usually moves. Pure.

The median of the newest values against the median of the past before them. What is usual is learnt from the series
itself, robustly and in constant memory, at two speeds: `usual` follows the median of each block's greatest excursion
(what an ordinary day brings), `lately` a high quantile of all excursions (how restless it is now). The score divides
by their geometric mean: a calm week does not make a storm's beginning unusual for ever, nor a storm hide a fault.
An excursion is scored before it is learnt from. No standard behind it; the shipped numbers are engineering defaults
chosen on the first half of labelled series, and `make skill` says what they are worth on the second.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, hypot, inf, sqrt
from typing import Any, NamedTuple, Protocol, Self

from alerts.windows import TO_LIFT, TO_RAISE, Seen

HOUR = 3_600_000_000  # microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is compared with what. Times in microseconds, `floor` in the parameter's unit; all [engineering default].

    A score comes once the past holds `at_least` values and `learn` blocks have gone by.
    """

    over: int  # of the past, before the newest values
    floor: float  # the least that counts as usual: the resolution of what is measured
    recent: int = 7  # newest values whose median is the present: fewer than half of them are no change
    at_least: int = 4
    block: int = HOUR
    learn: int = 24
    pace: float = 0.02  # of itself that `usual` moves a block: twofold in 35 blocks, whatever a single one brings
    quantile: float = 0.9
    stride: float = 0.1  # of itself that `lately` moves a value, shared out by the quantile

    def __post_init__(self) -> None:
        """Raises `ValueError` where nothing could be told by it."""
        counts = min(self.recent, self.at_least, self.learn, self.over, self.block)
        if counts < 1 or self.floor <= 0 or self.pace <= 0 or self.stride <= 0 or not 0 < self.quantile < 1:
            message = (
                f"counts and times must be at least 1, paces and floor above 0, the quantile within (0, 1): {self}"
            )
            raise ValueError(message)


class Hearer(Protocol):
    """Who listens to several series."""

    def hear(self, number: int, instant: int, score: float, may: int) -> None: ...


class Ear:
    """Who is told of scores: each from an edge of his own on, `edge` is the lowest. None at first."""

    __slots__ = ("_hearers", "edge")

    def __init__(self) -> None:
        self.edge = inf
        self._hearers: tuple[tuple[Hearer, int, float], ...] = ()

    def listen(self, who: Hearer, number: int, edge: float) -> None:
        """From now on, in place of what he asked for before; `number` is what he calls the series."""
        self._hearers = (*(one for one in self._hearers if one[0] is not who), (who, number, edge))
        self.edge = min(one for *_, one in self._hearers)

    def hear(self, instant: int, score: float, may: int) -> None:
        """A score that somebody wants."""
        for who, number, edge in self._hearers:
            if score >= edge:
                who.hear(number, instant, score, may)


_DEAF = Ear()


class Deviation:
    """One series, fed in order of instant: the lens of a rule. `sign` 1 sees rises, -1 falls, 0 either (the size)."""

    __slots__ = (
        "_begun",
        "_doubts",
        "_down",
        "_ear",
        "_first",
        "_greatest",
        "_habit",
        "_instants",
        "_now",
        "_past",
        "_sign",
        "_up",
        "_values",
        "lately",
        "over",
        "usual",
    )

    def __init__(self, *, habit: Habit, sign: int = 0, ear: Ear = _DEAF) -> None:
        self.over = habit.over
        self._ear = ear
        self._habit = habit
        self._sign = sign
        self._up = exp(habit.stride * habit.quantile)
        self._down = exp(-habit.stride * (1 - habit.quantile))
        self._instants = array("q")
        self._values = array("d")  # the past, and after it the newest `recent`
        self._doubts = bytearray()  # of the newest `recent`: 1 where the value may not lift
        # both in order of size: two medians are taken for each value of a series
        self._now: list[float] = []
        self._past: list[float] = []
        self._begun: int | None = None  # the block that the newest excursion is in, counted from 1970
        self._greatest = 0.0  # excursion in it
        self._first = array("d")  # greatest excursions of the first blocks, until there are `learn`
        self.usual: float | None = None  # the parameter's unit; None while it learns
        self.lately = habit.floor

    def see(self, instant: int, value: float, may: int) -> Seen | None:  # noqa: C901  the hot path, in one piece
        """The score at that instant; nothing while it learns. A value that may not raise teaches nothing."""
        if not may & TO_RAISE:
            return None
        habit, instants, values = self._habit, self._instants, self._values
        recent, over = habit.recent, habit.over
        if instants and instant - instants[-1] > over:
            self._forget()
        instants.append(instant)
        values.append(value)
        doubts = self._doubts
        doubts.append(0 if may & TO_LIFT else 1)
        now, past = self._now, self._past
        insort(now, value)
        if len(values) <= recent:
            return None
        del doubts[0]
        former = values[-recent - 1]
        del now[bisect_left(now, former)]
        insort(past, former)
        oldest = instants[-recent] - over
        if instants[0] < oldest:
            gone = bisect_left(instants, oldest, hi=len(instants) - recent)
            for each in values[:gone]:
                del past[bisect_left(past, each)]
            del instants[:gone]
            del values[:gone]
        if len(past) < habit.at_least:
            return None
        here, there = recent // 2, len(past) // 2
        middle = now[here] if recent % 2 else (now[here - 1] + now[here]) / 2
        change = middle - (past[there] if len(past) % 2 else (past[there - 1] + past[there]) / 2)
        excursion = abs(change)
        usual = self.usual
        if usual is not None:
            usual = sqrt(usual * self.lately)
        # what is usual lately is a quantile of all excursions: a step up for each above it, a smaller one down
        lately = self.lately * (self._up if excursion > self.lately else self._down)
        self.lately = lately if lately > habit.floor else habit.floor  # noqa: FURB136  a call that can be spared
        block = instant // habit.block
        if block != self._begun:
            self._begin(block, excursion)
        elif excursion > self._greatest:
            self._greatest = excursion
        if usual is None:
            return None
        score = (change * self._sign if self._sign else excursion) / usual
        may = TO_RAISE if 1 in doubts else may
        if score >= self._ear.edge:
            self._ear.hear(instant, score, may)
        return score, may

    def _forget(self) -> None:
        """After a silence longer than what is looked back on. What is usual stays."""
        del self._instants[:]
        del self._values[:]
        self._doubts.clear()
        self._sort()

    def _sort(self) -> None:
        newest = max(0, len(self._values) - self._habit.recent)
        self._past, self._now = sorted(self._values[:newest]), sorted(self._values[newest:])

    def _begin(self, block: int, excursion: float) -> None:
        if self._begun is not None:
            self._end_block()
        self._begun, self._greatest = block, excursion

    def _end_block(self) -> None:
        habit = self._habit
        if self.usual is not None:
            step = 1 + habit.pace
            self.usual = max(self.usual * step if self._greatest > self.usual else self.usual / step, habit.floor)
            return
        self._first.append(self._greatest)
        if len(self._first) >= habit.learn:
            self.usual = max(_median(self._first), habit.floor)
            del self._first[:]

    def copy(self) -> Self:
        twin = type(self)(habit=self._habit, sign=self._sign, ear=self._ear)
        twin._instants, twin._values = self._instants[:], self._values[:]  # noqa: SLF001  of the same class
        twin._doubts, twin._first = self._doubts[:], self._first[:]  # noqa: SLF001
        twin._now, twin._past = self._now[:], self._past[:]  # noqa: SLF001
        twin._begun, twin._greatest = self._begun, self._greatest  # noqa: SLF001
        twin.usual, twin.lately = self.usual, self.lately
        return twin

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        window = [self._instants.tolist(), self._values.tolist(), list(self._doubts)]
        return [*window, self._begun, self._greatest, self._first.tolist(), self.usual, self.lately]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        instants, values, doubts, self._begun, self._greatest, first, self.usual, self.lately = state
        self._instants, self._values = array("q", instants), array("d", values)
        self._doubts, self._first = bytearray(doubts), array("d", first)
        self._sort()


class Joint(NamedTuple):
    """Several parameters of one station at one instant: together, the one that moved most, and each as agreed."""

    score: float
    decisive: str
    agreed: Mapping[str, float]


def joint(scores: Mapping[str, float]) -> Joint:
    """Euclidean norm of the scores, so that several small changes at once count for a great one.

    A parameter's `agreed` score is the geometric mean of its own and the norm: what it does alone stays as it is, what
    others do as well weighs more. Raises `ValueError` for no scores.
    """
    if not scores:
        message = "no scores to join"
        raise ValueError(message)
    norm = hypot(*scores.values())
    decisive = max(scores, key=lambda name: (abs(scores[name]), name))
    return Joint(norm, decisive, {name: sqrt(abs(own) * norm) for name, own in scores.items()})


def _median(values: Iterable[float]) -> float:
    """As `statistics.median`, at a quarter of its cost: two are taken for each value of a series."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
