"""Rule kind `forecast`: days in a row that are forecast to be above a value.

It is judged whenever a forecast is issued, by all that had been issued by then: of each day, from the day it is on, the
newest word. It lifts when no level holds any more and the forecast stays low (`lift`). What is not forecast any more
lifts nothing, and a day that has passed raises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.beside import Beside
from alerts.model import Level, Place
from alerts.outlook import FARTHEST, Outlook
from alerts.rules.ahead import Ahead, counted, told
from alerts.rules.ladder import NONE, Ladder, LadderState
from alerts.rules.levels import Condition, LevelSettings, Number
from alerts.rules.rule import Calm, JudgedRule, Lens
from alerts.windows import Seen

_NEVER_CALM = Calm(float("inf"), float("-inf"))
_UNSURE = -0.5  # no level holds, and the forecast does not say that it stays so
_LOW = -1.0


class Run(BaseModel):
    """`days` in a row above a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    above: Number
    days: int = Field(ge=1, le=FARTHEST, strict=True)

    def holds(self, days: Mapping[Any, float | None]) -> bool:
        """Of days in order, and what is forecast of each."""
        row, before = 0, None
        for day, value in days.items():
            follows = before is not None and day - before == timedelta(days=1)
            row = (row + 1 if follows else 1) if value is not None and value > self.above else 0
            if row >= self.days:
                return True
            before = day
        return False


class Runs(BaseModel):
    """A level: any of several, or all of several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any_of: tuple[Run, ...] = ()
    all_of: tuple[Run, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.any_of) == bool(self.all_of):
            raise ValueError("give any_of or all_of with at least one in it")
        return self

    def holds(self, days: Mapping[Any, float | None]) -> bool:
        """Of days in order, and what is forecast of each."""
        if self.any_of:
            return any(run.holds(days) for run in self.any_of)
        return all(run.holds(days) for run in self.all_of)

    def sentence(self) -> str:
        """For example `> 200 on 2 days or > 150 on 3 days`."""
        runs = [f"> {run.above:g} on {run.days} day{'s' if run.days > 1 else ''}" for run in self.any_of or self.all_of]
        return (" or " if self.any_of else " and ").join(runs)


class ForecastRule(JudgedRule):
    """Levels over the days ahead; `cause` says which index of a day counts."""

    kind: Literal["forecast"]
    levels: Annotated[Mapping[Level, Runs], Field(min_length=1)]
    lift: Ahead

    @model_validator(mode="after")
    def _of_an_area(self) -> Self:
        if self.select.per != "area" or self.select.parameter != ("aqi_forecast",) or self.select.period != ("1d",):
            raise ValueError("select: a forecast is `parameter: aqi_forecast`, `period: 1d`, `per: area`")
        lowest = min(run.above for runs in self.levels.values() for run in (*runs.any_of, *runs.all_of))
        if self.lift.at_most > lowest:
            raise ValueError(f"lift: {self.lift.at_most:g} lies above {lowest:g}, the lowest that a level names")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: level.rank))

    @property
    def foresees(self) -> bool:
        return True

    def lens(self, place: Place) -> Lens | None:  # noqa: ARG002  without an outlook there is nothing to see
        return None

    def through(self, place: Place, beside: Beside) -> Lens | None:
        return self.lens(place) if beside.outlook is None else Foresight(rule=self, outlook=beside.outlook)

    def ladder(self, interval: int) -> Ladder:
        """Over the rank that `Foresight` sees."""
        mildest = self.grades[0]
        levels = {
            level: LevelSettings(
                any_of=(Condition(raise_=float(level.rank), lift=_UNSURE if level is mildest else float(level.rank)),)
            )
            for level in self.levels
        }
        return Ladder(levels=levels, direction="above", inclusive=True, max_gap=self.gap_of(interval))

    def calm(self, place: Place, ladder: Ladder) -> Calm:  # noqa: ARG002  what a forecast means is not in its number
        return _NEVER_CALM

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:  # noqa: ARG002
        """For example `> 200 on 2 days`."""
        level = next((one for one in reversed(self.grades) if one.rank <= rank), self.grades[0])
        if lifting and value == _LOW:
            return self.lift.sentence()
        return f"{'no longer ' if lifting else ''}{self.levels[level].sentence()}"

    def graded(self, outlook: Outlook, at: int) -> float:
        """The rank of the gravest level that holds at that moment; below 0 where none does."""
        days = {day: counted(said, self.cause) for day, said in outlook.days(at).items()}
        rank = next((level.rank for level in reversed(self.grades) if self.levels[level].holds(days)), NONE)
        if rank != NONE:
            return float(rank)
        return _LOW if self.lift.holds(outlook, at, self.cause) else _UNSURE


class Foresight:
    """An issue's moment turned into the level that the forecast reaches then."""

    __slots__ = ("_outlook", "_rule")
    over = 0

    def __init__(self, *, rule: ForecastRule, outlook: Outlook) -> None:
        self._rule = rule
        self._outlook = outlook

    def see(self, instant: int, value: float, may: int) -> Seen | None:  # noqa: ARG002  the outlook has more than a number
        return self._rule.graded(self._outlook, instant), may

    def says(self, instant: int) -> str:
        """The days as they were forecast."""
        return told(self._outlook, instant, self._rule.cause)

    def copy(self) -> Self:
        return self  # it remembers nothing: the outlook is the area's

    def dump(self) -> list[Any]:
        return []

    def load(self, state: Any) -> None:
        """Nothing to take."""
