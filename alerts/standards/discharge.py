"""Limits of discharge: what a permit says, and where it is silent what its standard and grade say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class DischargeLimit(NamedTuple):
    """At most so much, in millionths of the parameter's unit, by averaging; `basis` says who wants it.

    `hour` is what an hour is held against as a warning. None where there is no such limit.
    """

    hour: int | None
    day: int | None
    cold_day: int | None
    basis: str

    def of_hour(self, *, cold: bool) -> int | None:
        """An hour without a limit of its own is held against the day's."""
        return self.of_day(cold=cold) if self.hour is None else self.hour

    def of_day(self, *, cold: bool) -> int | None:
        """`cold`: the water is known to be at or below the temperature of the cold limits."""
        return self.cold_day if cold and self.cold_day is not None else self.day


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeStandard:
    """One standard's upper limits, by grade and parameter. Both judge daily means."""

    name: str
    title_zh: str
    verified: str
    limits: Mapping[str, Mapping[str, DischargeLimit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeMethod:
    """Which hours and days are valid, and when nothing is discharged. Amounts in millionths."""

    minutes_an_hour: int
    hours_a_day: int
    flow_floor: int  # L/s
    cold_at: int  # degC


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeStandards:
    """All of them, by name, and the method."""

    standards: Mapping[str, DischargeStandard]
    method: DischargeMethod

    def limits(
        self, permitted: Mapping[str, DischargeLimit], *, standard: str | None, grade: str | None
    ) -> Mapping[str, DischargeLimit]:
        """The permit's, and for parameters of which it says nothing those of the standard, where that is known."""
        known = self.standards.get(standard or "")
        general = known.limits.get(grade or "", {}) if known is not None else {}
        return {**general, **permitted}

    def knows(self, standard: str, grade: str | None) -> bool:
        """Whether there are limits of that standard and grade; those of a trade's own standard are in its permits."""
        return standard in self.standards and (grade or "") in self.standards[standard].limits
