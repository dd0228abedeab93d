"""Rule kind `arrival`: an exceedance upstream, graver the nearer its front comes to the intake.

What has passed the monitor is still on its way when the monitor reads well again: the rule lifts only when good
samples have come and the last of the water that exceeded must have passed the intake, at the slowest. The time left is
counted in instants of the series, as every duration of a rule is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.beside import NOTHING, Agreed, Beside, Second
from alerts.current import Current
from alerts.durations import Duration
from alerts.model import Level, Place
from alerts.moments import length
from alerts.rules.agreeing import Agrees
from alerts.rules.ladder import Ladder, LadderState
from alerts.rules.levels import Condition, Direction, LevelSettings, Number
from alerts.rules.rule import Calm, JudgedRule, Lens
from alerts.travel import HOUR, Reach
from alerts.windows import CONFIRMED, TO_LIFT, TO_RAISE, Seen

NOTHING_COMES = 1e6  # hours: what the lens shows while nothing is on its way


class Nearness(BaseModel):
    """A level: the earliest arrival at the intake is at most this far away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    within: Duration


class ArrivalRule(JudgedRule):
    """`samples` distinct ones in a row beyond `limit` confirm; `lift_samples` good ones in a row are its end there.

    At a place of which the way to the intake is not known only the mildest level is raised: unknown is not near.
    """

    kind: Literal["arrival"]
    limit: Number
    direction: Direction = "above"
    samples: int = Field(default=2, ge=1, strict=True)
    lift_samples: int = Field(default=2, ge=1, strict=True)
    agrees: Agrees | None = None
    levels: Annotated[Mapping[Level, Nearness], Field(min_length=1)]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.select.per == "area":
            raise ValueError("select.per: an arrival is worked out per station")
        withins = [self.levels[level].within for level in self.grades]
        if any(graver >= milder for milder, graver in pairwise(withins)):
            raise ValueError("levels: the graver, the nearer")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: level.rank))

    @cached_property
    def horizon(self) -> float:
        """Hours of the mildest level."""
        return length(self.levels[self.grades[0]].within) / HOUR

    def hash_at(self, place: Place) -> str:
        """With the way from there."""
        return f"{super().hash_at(place)}/{place.reach!r}" if place.reach else super().hash_at(place)

    def lens(self, place: Place) -> Lens | None:
        return self.through(place, NOTHING)

    def through(self, place: Place, beside: Beside) -> Lens | None:
        gap = self.gap_of(round(place.interval_seconds * 1e6))
        second = beside.second(self.id) if self.agrees is not None else None
        return Approach(rule=self, reach=place.reach, max_gap=gap, current=beside.current, second=second)

    @property
    def leans_on(self) -> Agrees | None:
        return self.agrees

    def ladder(self, interval: int) -> Ladder:
        """The mildest level waits for confirmation; until then the lens shows no more than it."""
        return Ladder(
            levels={level: self._condition(level) for level in self.levels},
            direction="below",
            inclusive=True,
            max_gap=self.gap_of(interval),
        )

    def _condition(self, level: Level) -> LevelSettings:
        samples = self.samples if level is self.grades[0] else 1
        hours = length(self.levels[level].within) / HOUR
        return LevelSettings(any_of=(Condition(raise_=hours, samples=samples),))

    def calm(self, place: Place, ladder: Ladder) -> Calm:  # noqa: ARG002  the same everywhere
        infinite = float("inf")
        return Calm(-infinite, self.limit) if self.direction == "above" else Calm(self.limit, infinite)

    def exceeds(self, value: float) -> bool:
        """Whether a value lies beyond the limit; at it, it is within."""
        return value > self.limit if self.direction == "above" else value < self.limit

    def figure(self, value: float) -> str:
        beyond = ">" if self.direction == "above" else "<"
        return f"{super().figure(value)} {beyond} {self.limit:g} {self.unit}".rstrip()

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:
        """For example `nh3_n > 1 mg/L, 2 samples; at the intake in 1.9 h at the earliest <= 2 h`."""
        beyond, within = (">", "<=") if self.direction == "above" else ("<", ">=")
        limit = f"{self.limit:g} {self.unit}".rstrip()
        if lifting and value >= NOTHING_COMES:
            passed = ", and the last that exceeded has passed the intake" if place.reach else ""
            return f"{self.parameter} {within} {limit}, {self.lift_samples} samples{passed}"
        told = f"{self.parameter} {beyond} {limit}, {self.samples} samples"
        if place.reach is None:
            return f"{told}; when it reaches the intake is not known"
        compared = state.compared(rank, value, unit="h", lifting=lifting)
        return f"{told}; at the intake in {value:.1f} h at the earliest {compared}"

    def downstream(self, *, instant: int, onset: int, value: float, place: Place) -> str:
        """From the front itself, while it is on its way."""
        if place.reach is None or value >= NOTHING_COMES:
            return ""
        front = instant + round(value * HOUR) - place.reach.earliest if value > 0 else onset
        return place.reach.forecast(front)


class Approach:
    """Hours until the earliest arrival of what exceeds, while any of it may still be on its way.

    `current` are the velocities measured on the way, where they are: how fast the water ran is the series' of them to
    remember, so that a late one changes what is seen and no state. `second` are other parameters that may confirm.
    """

    __slots__ = (
        "_current", "_front", "_good", "_last_good", "_max_gap", "_reach", "_rule", "_run", "_second", "_sole",
        "_start", "_tail",
    )  # fmt: skip
    over = 0

    def __init__(
        self,
        *,
        rule: ArrivalRule,
        reach: Reach | None,
        max_gap: int,
        current: Current | None = None,
        second: Second | None = None,
    ) -> None:
        self._rule = rule
        self._reach = reach
        self._current = current
        self._max_gap = max_gap
        self._second = second
        self._forget()

    def _forget(self) -> None:
        self._run = 0  # samples beyond the limit in a row
        self._start = 0  # instant of the first of them
        self._front: int | None = None  # of a confirmed exceedance
        self._sole: int | None = None  # the sample that a second parameter confirmed, short of so many in a row
        self._tail = 0  # its newest sample beyond the limit
        self._good = 0  # good samples in a row
        self._last_good = 0

    @property
    def front(self) -> int | None:
        """When the first of what is on its way passed the monitor."""
        return self._front

    def _way(self, front: int, instant: int) -> Reach | None:
        """The velocities to reckon with at that instant."""
        if self._reach is None or self._current is None:
            return self._reach
        return self._current.way(self._reach, front, instant)

    def see(self, instant: int, value: float, may: int) -> Seen | None:
        """What is on its way at that instant."""
        if self._rule.exceeds(value):
            self._beyond(instant, may)
        else:
            self._within(instant, may)
        confirmed = CONFIRMED if self._front is not None else 0  # here, of whatever kind: the ladder need not wait
        return self._shown(instant), TO_RAISE | TO_LIFT | confirmed

    def _beyond(self, instant: int, may: int) -> None:
        self._good = 0
        if may & TO_RAISE:
            if not self._run:
                self._start = instant
            self._run += 1
            if self._front is None:
                self._confirm(instant)
        if self._front is not None:
            self._tail = instant

    def _confirm(self, instant: int) -> None:
        if self._run >= self._rule.samples:
            self._front = self._start
        elif self._second is not None and self._second.nearest(instant) is not None:
            self._front, self._sole = self._start, instant

    def confirmed_by(self, instant: int) -> Agreed | None:
        """What confirmed the exceedance that is on its way; of one that has passed, what agreed then."""
        if self._second is None or (self._front is not None and self._sole is None):
            return None
        return self._second.nearest(instant if self._sole is None else self._sole)

    def _within(self, instant: int, may: int) -> None:
        if may & TO_RAISE:
            self._run = 0
        if may & TO_LIFT:
            self._good = self._good + 1 if self._good and instant - self._last_good <= self._max_gap else 1
            self._last_good = instant
        if self._front is None:
            if not self._run:
                self._forget()
        elif self._good >= self._rule.lift_samples:
            way = self._way(self._front, instant)
            if instant >= self._tail + (way.latest if way else 0):
                self._forget()

    def _shown(self, instant: int) -> float:
        if self._front is None:
            return self._rule.horizon if self._run else NOTHING_COMES
        way = self._way(self._front, instant)
        if way is None:
            return self._rule.horizon
        return max(0.0, (self._front + way.earliest - instant) / HOUR)

    def copy(self) -> Self:
        twin = type(self)(
            rule=self._rule, reach=self._reach, max_gap=self._max_gap, current=self._current, second=self._second
        )
        twin.load(self.dump())
        return twin

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return [self._run, self._start, self._front, self._tail, self._good, self._last_good, self._sole]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        self._run, self._start, self._front, self._tail, self._good, self._last_good, self._sole = state
