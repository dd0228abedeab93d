"""Levels with hysteresis: when a value raises a level, when it lifts it, and after how long.

A level holds one comparator, or several of which any or all must hold, or both: any of these, or all of those.
Comparators are independent: each has its
own raise and lift values, dwell and count, both ways. The rule's level is the gravest one raised.

Raising and lifting are exact opposites where `lift` equals `raise`: strictly above raises, so at or below lifts
(with `inclusive`: at or above raises, below lifts). A constant value therefore never flaps.

Dwell and counts advance on instants only. After a gap longer than `max_gap` both dwell timers start anew at the sample
after it; counts go on for raising and start anew for lifting. Both are the cautious way round: what was not
seen neither proves a stretch of pollution nor its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.durations import Duration
from alerts.model import Level

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Combine(StrEnum):
    """How a level's comparators make it."""

    ANY = "any"
    ALL = "all"


class Condition(BaseModel):
    """One comparator as a rule file writes it. `lift` is `raise` where it is not given."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    raise_: Number = Field(alias="raise")
    lift: Number | None = None
    for_: Duration = Field(default=timedelta(0), alias="for", ge=timedelta(0))
    samples: int = Field(default=1, ge=1, strict=True)
    lift_for: Duration = Field(default=timedelta(0), ge=timedelta(0))
    lift_samples: int = Field(default=1, ge=1, strict=True)

    @property
    def lift_at(self) -> float:
        """The value that lifts."""
        return self.raise_ if self.lift is None else self.lift


class LevelSettings(BaseModel):
    """A level: one condition written in place, or any of several, or all of several, or either of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any_of: tuple[Condition, ...] = ()
    all_of: tuple[Condition, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _in_place(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and not {"any_of", "all_of"} & set(given):
            return {"any_of": (given,)}
        return given

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.any_of and not self.all_of:
            raise ValueError("give one condition, or any_of or all_of with at least one in it")
        return self

    @property
    def groups(self) -> tuple[tuple[Combine, tuple[Condition, ...]], ...]:
        """Of which one is enough."""
        return tuple(group for group in ((Combine.ANY, self.any_of), (Combine.ALL, self.all_of)) if group[1])

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.any_of + self.all_of


Levels = Annotated[Mapping[Level, LevelSettings], Field(min_length=1)]
Direction = Literal["above", "below"]


def check_lifts(levels: Mapping[Level, LevelSettings], direction: Direction) -> None:
    """Raises `ValueError` where a lift value lies on the raising side."""
    for level, settings in levels.items():
        for condition in settings.conditions:
            wrong = (
                condition.lift_at > condition.raise_ if direction == "above" else condition.lift_at < condition.raise_
            )
            if wrong:
                raise ValueError(f"{level.value}: lift {condition.lift_at:g} lies beyond raise {condition.raise_:g}")
