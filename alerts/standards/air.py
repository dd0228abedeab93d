"""The air standards together: which edition and which limits hold on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from alerts.standards.ambient import AmbientLimits, Statistic, Validity, ZoneClass
from alerts.standards.edition import Edition
from alerts.standards.pollutants import Pollutant


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """HJ 663 as far as it is known (`config/standards/hj663.yaml`): how a year is judged."""

    percentiles: Mapping[Pollutant, int]
    good_up_to: int  # AQI
    heavy_above: int  # AQI
    ratio_decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AirStandards:
    """Every edition known, oldest first."""

    editions: tuple[Edition, ...]
    limits: tuple[AmbientLimits, ...]
    validity: Validity
    evaluation: Evaluation

    def edition(self, name: str) -> Edition:
        """By name. Raises `KeyError`."""
        return {edition.name: edition for edition in self.editions}[name]

    def edition_on(self, day: date) -> Edition:
        """By the date measured. Before the first edition came into force everywhere it holds as well."""
        held = [edition for edition in self.editions if edition.first <= day]
        return held[-1] if held else self.editions[0]

    def limits_on(self, day: date) -> AmbientLimits:
        """The limits by the date measured, as `edition_on`."""
        held = [limits for limits in self.limits if limits.first <= day]
        return held[-1] if held else self.limits[0]

    def mda8_valid(self, means: int, largest: int, day: date, zone: ZoneClass = ZoneClass.TWO) -> bool:
        """Whether a day's largest 8 h mean of O3 is valid, of so many valid means within the day.

        `largest` is the reported concentration (`Edition.reported`).
        """
        limit = self.limits_on(day).of(Pollutant.O3, Statistic.MDA8, zone)
        return self.validity.mda8(means, largest, largest if limit is None else limit)


def measured_on(instant: datetime, zone: tzinfo) -> date:
    """The day on which a period that ends at `instant` was measured: midnight ends the day before it."""
    return (instant - timedelta(microseconds=1)).astimezone(zone).date()
