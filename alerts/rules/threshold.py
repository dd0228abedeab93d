"""Rule kind `threshold`: a value, its rolling mean, or its share of the place's limit, against levels."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts import durations
from alerts.beside import Beside
from alerts.durations import Duration
from alerts.model import Level, Place
from alerts.moments import length
from alerts.rules.agreeing import Agrees, Corroborated
from alerts.rules.ahead import Ahead, LookingAhead
from alerts.rules.ladder import Ladder, LadderState
from alerts.rules.levels import Direction, Levels, check_lifts
from alerts.rules.rule import Calm, JudgedRule, Lens
from alerts.windows import RollingMean, Seen

_HAIR = 1e-9  # far more than a division can err, far less than anything measured


class Mean(BaseModel):
    """The mean of the samples in (t - over, t]; no value with fewer than `at_least` accepted ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    over: Duration
    at_least: int = Field(ge=1, strict=True)


class Value(BaseModel):
    """What is compared: by default the sample itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: Mean | None = None
    of_limit: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.mean and self.of_limit:
            raise ValueError("mean and of_limit exclude each other")
        return self


class ThresholdRule(JudgedRule):
    """Levels over a value. With `coverage` the value is the mean of an area's stations, of that share of them at least;
    without it an area speaks for itself. `ahead`: what a forecast must say for a level to lift without its dwell.
    """

    kind: Literal["threshold"]
    value: Value = Value()
    direction: Direction = "above"
    inclusive: bool = Field(default=False, strict=True)
    coverage: float | None = Field(default=None, gt=0, le=1)
    ahead: Ahead | None = None
    agrees: Agrees | None = None
    levels: Levels

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_lifts(self.levels, self.direction)
        if self.value.of_limit and self.select.per == "area":
            raise ValueError("of_limit: an area has no permit limit")
        if self.ahead is not None and (self.select.per == "station" or self.value != Value() or self.coverage):
            raise ValueError("ahead: forecasts are of areas; write per: area, and compare an index of the area itself")
        if self.agrees is not None and (self.select.per == "area" or self.value != Value()):
            raise ValueError("agrees: a second parameter is a station's, and confirms a sample as it is")
        if self.coverage is not None and self.select.per == "station":
            raise ValueError("coverage: only of an area's stations there is a mean; write per: area")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: level.rank))

    @property
    def averages(self) -> bool:
        return self.coverage is not None

    def serves(self, place: Place) -> bool:
        """`of_limit` needs a limit above zero for the parameter."""
        return not self.value.of_limit or dict(place.limits).get(self.parameter, 0) > 0

    def hash_at(self, place: Place) -> str:
        """With the place's limit, where it is compared with that."""
        common = super().hash_at(place)
        return f"{common}/{dict(place.limits)[self.parameter]!r}" if self.value.of_limit else common

    def lens(self, place: Place) -> Lens | None:
        if self.value.mean:
            return RollingMean(over=length(self.value.mean.over), at_least=self.value.mean.at_least)
        if self.value.of_limit:
            return ShareOfLimit(limit=dict(place.limits)[self.parameter])
        return None

    @property
    def foresees(self) -> bool:
        return self.ahead is not None

    def through(self, place: Place, beside: Beside) -> Lens | None:
        second = beside.second(self.id) if self.agrees is not None else None
        if second is not None:
            return Corroborated(exceeds=self.exceeds, second=second)
        if self.ahead is None or beside.outlook is None:
            return self.lens(place)
        return LookingAhead(ahead=self.ahead, cause=self.cause, outlook=beside.outlook)

    @property
    def leans_on(self) -> Agrees | None:
        return self.agrees

    @cached_property
    def _mildest(self) -> float:
        edges = [condition.raise_ for level in self.levels.values() for condition in level.conditions]
        return min(edges) if self.direction == "above" else max(edges)

    def exceeds(self, value: float) -> bool | None:
        if self.value != Value():
            return None
        beyond = value > self._mildest if self.direction == "above" else value < self._mildest
        return beyond or (self.inclusive and value == self._mildest)

    def figure(self, value: float) -> str:
        sign = (">" if self.direction == "above" else "<") + ("=" if self.inclusive else "")
        compared = f" {sign} {self._mildest:g} {self.unit}".rstrip() if self.value == Value() else ""
        return super().figure(value) + compared

    def ladder(self, interval: int) -> Ladder:
        return Ladder(
            levels=self.levels, direction=self.direction, inclusive=self.inclusive, max_gap=self.gap_of(interval)
        )

    def calm(self, place: Place, ladder: Ladder) -> Calm | None:
        """Short of the mildest level; of a limit by a hair less, so that no rounding of the share matters."""
        if self.value.mean:
            return None
        edge = ladder.mildest
        if self.value.of_limit:
            edge *= dict(place.limits)[self.parameter]
            edge -= abs(edge) * _HAIR
        return Calm(-math.inf, edge) if self.direction == "above" else Calm(-edge, math.inf)

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:
        """For example `24h mean of pm2_5 163.2 > 150 ug/m3`."""
        unit = "" if self.value.of_limit else self.unit
        compared = state.compared(rank, value, unit=unit, lifting=lifting)
        return f"{self._what(place)} {value:.6g} {compared}"

    def _what(self, place: Place) -> str:
        if self.value.mean:
            return f"{durations.text(self.value.mean.over)} mean of {self.parameter}"
        if self.value.of_limit:
            limit = dict(place.limits)[self.parameter]
            return f"{self.period} {self.parameter} as a share of the limit {limit:g} {self.unit}".rstrip() + ":"
        return self.parameter


SHARE_DIGITS = 12  # far finer than any reading over its limit, far coarser than a float's error


class ShareOfLimit:
    """The value divided by the place's permit limit, rounded: 2.1 mg/L of 0.7 mg/L is 3, not 3.0000000000000004."""

    __slots__ = ("_limit",)
    over = 0

    def __init__(self, *, limit: float) -> None:
        self._limit = limit

    def see(self, instant: int, value: float, may: int) -> Seen | None:  # noqa: ARG002  the signature of a lens
        return round(value / self._limit, SHARE_DIGITS), may

    def copy(self) -> Self:
        return self  # it remembers nothing

    def dump(self) -> list[Any]:
        return []

    def load(self, state: Any) -> None:
        """Nothing to take."""
