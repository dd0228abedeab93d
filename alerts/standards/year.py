"""A year judged by its days (HJ 663 as far as it is known, GB 3095): exact fractions, rounded only by the law. Pure."""

from __future__ import annotations

from calendar import isleap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from alerts.standards.air import AirStandards
from alerts.standards.ambient import AmbientLimits, Statistic, Validity, ZoneClass
from alerts.standards.edition import Edition
from alerts.standards.pollutants import Indicator, Pollutant
from alerts.standards.report import Status, daily

DAILY: Mapping[Pollutant, Indicator] = {
    **{pollutant: Indicator(f"{pollutant}_24h") for pollutant in Pollutant if pollutant is not Pollutant.O3},
    Pollutant.O3: Indicator.O3_8H,
}
FEBRUARY = 2


@dataclass(frozen=True, slots=True)
class DayAmounts:
    """The valid reported concentrations of a natural day, in millionths; O3 values are its largest."""

    date: date
    amounts: Mapping[Indicator, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annual:
    """One pollutant's year; `mean` and `percentile` are millionths, None of no day (CO and O3 have no annual mean)."""

    pollutant: Pollutant
    days: int
    enough: bool  # by the counts for an annual mean (GB 3095 table 4); asked of percentiles too [own default]
    mean: Fraction | None
    mean_limit: int | None
    rank: int
    percentile: Fraction | None
    percentile_limit: int | None
    within: bool | None  # both, rounded by GB/T 8170 as concentrations are [own default]; None: of no day


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEvaluation:
    """One station's or area's year, from the first to the last of its days that are known."""

    year: int
    editions: tuple[str, ...]
    limits: AmbientLimits
    first: date
    last: date
    levels: Mapping[int, int]  # days by AQI level
    partial_days: int  # of the valid: published though incomplete
    good_days: int
    heavy_days: tuple[date, ...]
    annual: Mapping[Pollutant, Annual]

    @property
    def days_of_year(self) -> int:
        """365 or 366."""
        return 365 + isleap(self.year)

    @property
    def days_left(self) -> int:
        """After the last day known."""
        return (date(self.year, 12, 31) - self.last).days

    @property
    def valid_days(self) -> int:
        """Days with an AQI."""
        return sum(self.levels.values())

    @property
    def good_ratio(self) -> Fraction | None:
        """Good days of the valid ones; None of none."""
        return Fraction(self.good_days, self.valid_days) if self.valid_days else None

    @property
    def attained(self) -> bool | None:
        """Every pollutant within its limits, over enough days; None while that cannot be said."""
        judged = [one.within if one.enough else None for one in self.annual.values()]
        return False if False in judged else None if None in judged else True


def percentile(values: Sequence[int], rank: int) -> Fraction:
    """At k = 1 + (n - 1) * rank / 100 of the ascending values, between two of them in proportion (HJ 663)."""
    ascending = sorted(values)
    whole, rest = divmod((len(ascending) - 1) * rank, 100)
    if not rest:
        return Fraction(ascending[whole])
    return ascending[whole] + Fraction((ascending[whole + 1] - ascending[whole]) * rest, 100)


def enough(days: Sequence[date], validity: Validity) -> bool:
    """Whether so many days make an annual mean: in the year, and in each of its months."""
    months = Counter(day.month for day in days)
    return len(days) >= validity.days_a_year and all(
        months[month] >= (validity.days_in_february if month == FEBRUARY else validity.days_a_month)
        for month in range(1, 13)
    )


def evaluate(
    days: Sequence[DayAmounts],
    standards: AirStandards,
    *,
    edition: Edition | None = None,
    zone: ZoneClass = ZoneClass.TWO,
) -> YearEvaluation:
    """The days of one year, in order, at least one. Without an edition each is judged by that of its date.

    The limits are those in force on the last day of the year: GB 3095 says nothing of a year with two [own default].
    """
    year = days[0].date.year
    limits = standards.limits_on(date(year, 12, 31))
    judging = standards.evaluation
    levels: Counter[int] = Counter()
    editions: dict[str, None] = {}
    partial = good = 0
    heavy: list[date] = []
    for day in days:
        law = edition or standards.edition_on(day.date)
        editions[law.name] = None
        report = daily(law, day.amounts)
        if report.aqi is None:
            continue
        levels[law.level(report.aqi).level] += 1
        partial += report.status is Status.PARTIAL
        good += report.aqi <= judging.good_up_to
        if report.aqi > judging.heavy_above:
            heavy.append(day.date)
    newest = edition or standards.edition_on(days[-1].date)
    return YearEvaluation(
        year=year,
        editions=tuple(editions),
        limits=limits,
        first=days[0].date,
        last=days[-1].date,
        levels=dict(levels),
        partial_days=partial,
        good_days=good,
        heavy_days=tuple(heavy),
        annual={
            pollutant: _annual(
                pollutant,
                {day.date: amount for day in days if (amount := day.amounts.get(DAILY[pollutant])) is not None},
                standards=standards,
                edition=newest,
                limits=limits,
                zone=zone,
            )
            for pollutant in Pollutant
        },
    )


def _annual(
    pollutant: Pollutant,
    known: Mapping[date, int],
    *,
    standards: AirStandards,
    edition: Edition,
    limits: AmbientLimits,
    zone: ZoneClass,
) -> Annual:
    mean_limit = limits.of(pollutant, Statistic.ANNUAL, zone)
    day_limit = limits.of(pollutant, Statistic.MDA8 if pollutant is Pollutant.O3 else Statistic.H24, zone)
    rank = standards.evaluation.percentiles[pollutant]
    mean = Fraction(sum(known.values()), len(known)) if known and mean_limit is not None else None
    at_rank = percentile(list(known.values()), rank) if known else None
    judged = [
        edition.reported(pollutant, value.numerator, value.denominator) <= limit
        for value, limit in ((mean, mean_limit), (at_rank, day_limit))
        if value is not None and limit is not None
    ]
    return Annual(
        pollutant=pollutant,
        days=len(known),
        enough=enough(list(known), standards.validity),
        mean=mean,
        mean_limit=mean_limit,
        rank=rank,
        percentile=at_rank,
        percentile_limit=day_limit,
        within=all(judged) if judged else None,
    )
