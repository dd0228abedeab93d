"""Rule kind `absence`: a station from which nothing current has come for too long.

The one condition that needs the clock. Silence never lifts another warning: it is its own.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from alerts import durations
from alerts.durations import Duration
from alerts.model import Level, Place, Quality
from alerts.moments import length
from alerts.rules.levels import Number
from alerts.rules.rule import Flags, Rule


class AbsenceRule(Rule):
    """Raised `after_intervals` of the station's intervals after its newest accepted instant, at least `at_least` after.

    A suspect reading is a sign of life too. With `select.parameter` only those parameters count.
    """

    kind: Literal["absence"]
    after_intervals: Number = Field(default=3.0, gt=0)
    at_least: Duration = Field(default=timedelta(minutes=10), gt=timedelta(0))
    accept: Flags = ("pass", "unchecked", "suspect")
    level: Level = Level.YELLOW

    @model_validator(mode="after")
    def _per_station(self) -> Self:
        if self.select.per == "area":
            raise ValueError("select.per: absence is judged per station")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return (self.level,)

    @cached_property
    def accepted(self) -> frozenset[int]:
        """Flags that are a sign of life."""
        return frozenset(flag.value for flag in Quality if flag.name.lower() in self.accept)

    def patience(self, place: Place) -> int:
        """Microseconds from the newest instant to the deadline."""
        return max(round(self.after_intervals * place.interval_seconds * 1e6), length(self.at_least))

    def inequality(self, place: Place, *, lifting: bool) -> str:
        """For example `nothing accepted for 15m`."""
        if lifting:
            return "a current reading has come"
        return f"nothing accepted for {durations.text(timedelta(microseconds=self.patience(place)))}"
