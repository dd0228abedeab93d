"""Hourly and daily reports: IAQIs, AQI, level and primary pollutants, and whether they may be published. Pure.

What is missing is left out of the AQI, which is then published only above 100 (HJ 633-2026 5.3.1); otherwise it is NA,
and concentrations and IAQIs are published all the same. HJ 633-2012 knows only NA: the rule is applied there alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alerts.standards.edition import AqiLevel, Edition
from alerts.standards.pollutants import POLLUTANT_OF, Indicator, Pollutant

PUBLISHED_INCOMPLETE_ABOVE = 100  # HJ 633-2026 5.3.1

Amounts = Mapping[Indicator, int | None]


class Status(StrEnum):
    """What may be published of a report."""

    VALID = "valid"
    PARTIAL = "partial"  # published though incomplete
    NA = "NA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An hour or a day, judged by one edition.

    `iaqi` holds what could be computed. `computed` is the AQI of it (None: of nothing), published or not. `missing` are
    the pollutants of which an indicator lacks.
    """

    edition: Edition
    iaqi: Mapping[Indicator, int]
    computed: int | None
    missing: tuple[Pollutant, ...]
    status: Status

    @property
    def aqi(self) -> int | None:
        """The AQI as published: None for NA."""
        return None if self.status is Status.NA else self.computed

    @property
    def level(self) -> AqiLevel | None:
        """Of the published AQI."""
        aqi = self.aqi
        return None if aqi is None else self.edition.level(aqi)

    @property
    def primary(self) -> tuple[Pollutant, ...]:
        """The pollutants with the largest IAQI where the published AQI is above 50 (2012: 4.4.2; 2026: 4.3.1)."""
        aqi = self.aqi
        if aqi is None or aqi <= self.edition.primary_above:
            return ()
        highest = max(self.iaqi.values())
        return self._named(indicator for indicator, index in self.iaqi.items() if index == highest)

    @property
    def non_attainment(self) -> tuple[Pollutant, ...]:
        """2012: those with an IAQI above 100 (4.4.3). Nothing in 2026."""
        above = self.edition.non_attainment_above
        if above is None:
            return ()
        return self._named(indicator for indicator, index in self.iaqi.items() if index > above)

    def of(self, pollutant: Pollutant) -> int | None:
        """The pollutant's IAQI: the largest of its indicators."""
        found = [index for indicator, index in self.iaqi.items() if POLLUTANT_OF[indicator] is pollutant]
        return max(found, default=None)

    @staticmethod
    def _named(indicators: Iterable[Indicator]) -> tuple[Pollutant, ...]:
        return _in_order({POLLUTANT_OF[indicator] for indicator in indicators})


def daily(edition: Edition, amounts: Amounts, *, exempt: Collection[Pollutant] = ()) -> Report:
    """The report of a natural day (2012: 5.1.2, seven indicators with the largest O3 hour; 2026: 4.2.2, six).

    `amounts` are reported concentrations in millionths (`Edition.reported`); absent or None: missing or not valid.
    `exempt` are pollutants never monitored by plan that led no polluted day in three years (2026: 5.3.2).
    """
    return _judged(edition, edition.daily, amounts, exempt)


def hourly(edition: Edition, amounts: Amounts, *, exempt: Collection[Pollutant] = ()) -> Report:
    """The report of an hour (2012: 5.1.3, PM by the last 24 h and O3 also by the last 8 h; 2026: 4.2.3, six hours).

    As `daily`. The 2012 edition takes SO2_24H (of the last 24 h) in place of an SO2 hour above 800 ug/m3.
    """
    return _judged(edition, edition.hourly, amounts, exempt)


def _judged(
    edition: Edition, indicators: tuple[Indicator, ...], amounts: Amounts, exempt: Collection[Pollutant]
) -> Report:
    found: dict[Indicator, int] = {}
    missing: list[Indicator] = []
    for indicator in indicators:
        amount = amounts.get(indicator)
        index = None if amount is None else edition.columns[indicator].iaqi(amount)
        if index is not None:
            found[indicator] = index
            continue
        # Over its range (2012 table 1, notes 2 and 3): another column speaks for the pollutant.
        other = None if amount is None else edition.columns[indicator].fallback
        instead = None if other is None else amounts.get(other)
        index = None if other is None or instead is None else edition.iaqi(other, instead)
        if other is not None and index is not None:
            found[other] = index
        elif POLLUTANT_OF[indicator] not in exempt:
            missing.append(indicator)
    computed = min(edition.most, max(edition.least, *found.values())) if found else None
    if computed is None or (missing and computed <= PUBLISHED_INCOMPLETE_ABOVE):
        status = Status.NA
    else:
        status = Status.PARTIAL if missing else Status.VALID
    lacking = _in_order({POLLUTANT_OF[indicator] for indicator in missing}) if missing else ()
    return Report(edition=edition, iaqi=found, computed=computed, missing=lacking, status=status)


def _in_order(named: Collection[Pollutant]) -> tuple[Pollutant, ...]:
    if len(named) < 2:  # noqa: PLR2004  mostly
        return tuple(named)
    return tuple(pollutant for pollutant in Pollutant if pollutant in named)
