"""The plan's targets for air (`config/targets.yaml`), and how a year stands to them: exact, no binary float. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.standards.pollutants import Pollutant
from alerts.standards.year import YearEvaluation
from alerts.windows import MILLION

PERCENT = 100


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TargetName(_Entry):
    """In both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Years(_Entry):
    """For which years it was set, both included. It can be held against any other: that is then for comparison."""

    first: int = Field(alias="from")
    last: int = Field(alias="to")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last < self.first:
            raise ValueError("to must not be before from")
        return self

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last


class _Target(_Entry):
    """`edition` is the one whose tables the target was set under, and is judged by."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    name: TargetName
    edition: Literal["hj633-2012", "hj633-2026"]
    years: Years
    source: str = Field(min_length=1)


class GoodDays(_Target):
    """Good days of the valid ones, in per cent, above `above`."""

    kind: Literal["good_day_ratio"]
    above: Annotated[Decimal, Field(ge=0, lt=100)]


class Pm25Mean(_Target):
    """The annual mean of PM2.5 below `below` ug/m3."""

    kind: Literal["pm2_5_mean"]
    below: Annotated[Decimal, Field(gt=0)]


class HeavyDays(_Target):
    """At most so many days of heavy pollution."""

    kind: Literal["heavy_days"]
    at_most: Annotated[int, Field(ge=0)]


Target = Annotated[GoodDays | Pm25Mean | HeavyDays, Field(discriminator="kind")]


class Targets(_Entry):
    """The file."""

    targets: tuple[Target, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [target.id for target in self.targets]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"these targets are there twice: {', '.join(twice)}")
        return self


class Standing(StrEnum):
    """How a year stands to a target."""

    MET = "met"  # the year is over
    OPEN = "open"  # can be met still
    MISSED = "missed"  # cannot be met any more
    UNKNOWN = "unknown"  # the year is over, and nothing is known of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A year against a target.

    `value` is what it amounts to so far (per cent, ug/m3, days), `now` whether that meets the target. While it is open:
    `days_allowed` is how many more bad (or heavy) days there may be if all days left are valid, `rest_below` what the
    days left must on average be below (ug/m3).
    """

    target: Target
    value: Fraction | None
    now: bool | None
    standing: Standing
    days_left: int
    days_allowed: int | None = None
    rest_below: Fraction | None = None


def allowed_days(valid: int, above: Decimal) -> int:
    """How many of so many valid days may be bad, with the good ones still above that many per cent; -1 for none at all.

    97.8 % of 365 days leaves 8, and of 366 as well.
    """
    share = 1 - Fraction(above) / PERCENT
    most = valid * share  # not to be reached
    return -(-most.numerator // most.denominator) - 1


def track(target: Target, year: YearEvaluation) -> Tracked:
    """`year` must be judged by the target's edition."""
    match target:
        case GoodDays():
            return _good_days(target, year)
        case Pm25Mean():
            return _mean(target, year)
        case HeavyDays():
            return _heavy_days(target, year)


def _standing(*, known: bool, reachable: bool, left: int) -> Standing:
    if left:
        return Standing.OPEN if reachable else Standing.MISSED
    if not known:
        return Standing.UNKNOWN
    return Standing.MET if reachable else Standing.MISSED


def _good_days(target: GoodDays, year: YearEvaluation) -> Tracked:
    left = year.days_left
    bad = year.valid_days - year.good_days
    allowed = allowed_days(year.valid_days + left, target.above) - bad
    ratio = year.good_ratio
    return Tracked(
        target=target,
        value=None if ratio is None else ratio * PERCENT,
        now=None if ratio is None else ratio * PERCENT > Fraction(target.above),
        standing=_standing(known=ratio is not None, reachable=allowed >= 0, left=left),
        days_left=left,
        days_allowed=min(allowed, left) if left and allowed >= 0 else None,
    )


def _mean(target: Pm25Mean, year: YearEvaluation) -> Tracked:
    left = year.days_left
    known = year.annual[Pollutant.PM2_5]
    value = None if known.mean is None else known.mean / MILLION
    total = (value or Fraction(0)) * known.days
    limit = Fraction(target.below)
    rest = (limit * (known.days + left) - total) / left if left else None
    now = None if value is None else value < limit
    return Tracked(
        target=target,
        value=value,
        now=now,
        standing=_standing(known=value is not None, reachable=bool(now) if rest is None else rest > 0, left=left),
        days_left=left,
        rest_below=rest if rest is not None and rest > 0 else None,
    )


def _heavy_days(target: HeavyDays, year: YearEvaluation) -> Tracked:
    heavy, left = len(year.heavy_days), year.days_left
    within = heavy <= target.at_most
    known = year.valid_days > 0
    return Tracked(
        target=target,
        value=Fraction(heavy) if known else None,
        now=within if known else None,
        standing=_standing(known=known, reachable=within, left=left),
        days_left=left,
        days_allowed=min(target.at_most - heavy, left) if left and within else None,
    )
