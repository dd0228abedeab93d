"""Rule kind `change`: unusual change against the series' own recent behaviour (`deviation`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alerts import durations
from alerts.beside import NOTHING, Beside
from alerts.deviation import Deviation, Habit
from alerts.durations import Duration
from alerts.model import Level, Place
from alerts.moments import length
from alerts.rules.ladder import Ladder, LadderState
from alerts.rules.levels import Levels, check_lifts
from alerts.rules.rule import JudgedRule, Lens

_SIGNS = {"rise": 1, "fall": -1, "either": 0}
_NAMES = {"rise": "rise", "fall": "fall", "either": "change"}
Floor = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ChangeRule(JudgedRule):
    """The median of the `recent` newest values against that of `over` before them, in units of what is usual there.

    `floors` by parameter: the least that counts as usual, in its unit. `learn` hours pass before anything is judged.
    """

    kind: Literal["change"]
    over: Duration
    recent: int = Field(default=5, ge=1, strict=True)
    floors: Mapping[str, Floor]
    at_least: int = Field(default=4, ge=1, strict=True)
    learn: int = Field(default=24, ge=1, strict=True)  # blocks of an hour
    direction: Literal["rise", "fall", "either"] = "either"
    inclusive: bool = Field(default=False, strict=True)
    levels: Levels

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_lifts(self.levels, "above")
        if self.select.per == "area":
            raise ValueError("select.per: a change is worked out per station")
        if lacking := [name for name in self.select.parameter if name not in self.floors]:
            raise ValueError(f"floors: none for {', '.join(lacking)}")
        if self.over <= timedelta(0):
            raise ValueError("over: more than nothing")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: level.rank))

    @property
    def mildest(self) -> float:
        """The least score that raises."""
        return min(condition.raise_ for level in self.levels.values() for condition in level.conditions)

    def lens(self, place: Place) -> Lens | None:
        return self.through(place, NOTHING)

    def through(self, place: Place, beside: Beside) -> Lens | None:  # noqa: ARG002  the same everywhere
        habit = Habit(
            over=length(self.over),
            floor=self.floors[self.parameter],
            recent=self.recent,
            at_least=self.at_least,
            learn=self.learn,
        )
        ear = beside.ear(self.id)
        return Deviation(habit=habit, sign=_SIGNS[self.direction], **({} if ear is None else {"ear": ear}))

    def ladder(self, interval: int) -> Ladder:
        return Ladder(levels=self.levels, direction="above", inclusive=self.inclusive, max_gap=self.gap_of(interval))

    def calm(self, place: Place, ladder: Ladder) -> None:  # noqa: ARG002  each value is another's past
        return None

    def figure(self, value: float) -> str:
        """For example `unusual change of cond to 320 uS/cm`."""
        return f"unusual {_NAMES[self.direction]} of {self.parameter} to {value:.6g} {self.unit}".rstrip()

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:  # noqa: ARG002
        """For example `change of cond against the last 3h 9.1 > 8 times what is usual here`."""
        compared = state.compared(rank, value, unit="times what is usual here", lifting=lifting)
        what = f"{_NAMES[self.direction]} of {self.parameter} against the last {durations.text(self.over)}"
        return f"{what} {value:.3g} {compared}"
