"""Rule kind `rate`: how much a value changed within a duration, against levels."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from alerts import durations
from alerts.durations import Duration
from alerts.model import Level, Place
from alerts.moments import length
from alerts.rules.ladder import Ladder, LadderState
from alerts.rules.levels import Levels, check_lifts
from alerts.rules.rule import JudgedRule, Lens
from alerts.windows import ChangeOver

_SIGNS = {"rise": 1, "fall": -1, "either": 0}
_NAMES = {"rise": "rise", "fall": "fall", "either": "change"}


class RateRule(JudgedRule):
    """The value minus the oldest accepted one in [t - over, t); with `percent`, relative to that one's size.

    `direction` says what counts: a `rise`, a `fall`, or `either`. Levels compare the size of it.
    """

    kind: Literal["rate"]
    over: Duration
    direction: Literal["rise", "fall", "either"] = "either"
    percent: bool = Field(default=False, strict=True)
    inclusive: bool = Field(default=False, strict=True)
    levels: Levels

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_lifts(self.levels, "above")
        if self.select.per == "area":
            raise ValueError("select.per: a rate is worked out per station")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: level.rank))

    def lens(self, place: Place) -> Lens | None:  # noqa: ARG002  the same everywhere
        return ChangeOver(over=length(self.over), sign=_SIGNS[self.direction], percent=self.percent)

    def ladder(self, interval: int) -> Ladder:
        return Ladder(levels=self.levels, direction="above", inclusive=self.inclusive, max_gap=self.gap_of(interval))

    def calm(self, place: Place, ladder: Ladder) -> None:  # noqa: ARG002  each value is another's past
        return None

    def figure(self, value: float) -> str:
        """For example `rise of cond to 320 uS/cm`."""
        return f"{_NAMES[self.direction]} of {self.parameter} to {value:.6g} {self.unit}".rstrip()

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:  # noqa: ARG002
        """For example `rise of cond within 1h 320 > 200 uS/cm`."""
        compared = state.compared(rank, value, unit="%" if self.percent else self.unit, lifting=lifting)
        return f"{_NAMES[self.direction]} of {self.parameter} within {durations.text(self.over)} {value:.6g} {compared}"
