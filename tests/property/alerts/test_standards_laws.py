"""Laws of the air standards, for any concentration; and agreement with fractions, which are slow and cannot err."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise

import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerts.standards import (
    POLLUTANT_OF,
    Edition,
    Indicator,
    Pollutant,
    Status,
    daily,
    exact,
    half_even,
    hourly,
    number,
)
from tests.support.air import STANDARDS
from tests.support.district import CONFIG

TABLES = {
    edition.name: yaml.safe_load(
        (CONFIG / f"standards/air_aqi_{edition.name.replace('-', '_')}.yaml").read_text("utf-8")
    )
    for edition in STANDARDS.editions
}
EDITIONS = st.sampled_from(STANDARDS.editions)
AMOUNTS = st.integers(0, 5000 * 10**6)  # beyond every last breakpoint
DECIMALS = st.decimals(0, 9999, places=4)


def points(edition: Edition, indicator: Indicator) -> list[tuple[Fraction, int]]:
    """The column as the file has it."""
    table = TABLES[edition.name]
    column = table["breakpoints"][table.get("aliases", {}).get(indicator.value, indicator.value)]
    return [
        (Fraction(str(value)), index) for value, index in zip(column, table["iaqi"], strict=True) if value is not None
    ]


def columns() -> st.SearchStrategy[tuple[Edition, Indicator]]:
    """An edition and an indicator that it has a column for."""
    return EDITIONS.flatmap(lambda edition: st.sampled_from([(edition, indicator) for indicator in edition.columns]))


@given(columns(), AMOUNTS)
def test_iaqi_is_the_formula_in_fractions(column: tuple[Edition, Indicator], amount: int) -> None:
    """Formula (1) and the ceiling, up to the last breakpoint."""
    edition, indicator = column
    concentration = Fraction(amount, 10**6)
    for (low, base), (high, top) in pairwise(points(edition, indicator)):
        if low <= concentration <= high:
            assert edition.iaqi(indicator, amount) == math.ceil(
                (concentration - low) / (high - low) * (top - base) + base
            )
            break
    else:
        over = TABLES[edition.name]["over_range"].get(indicator.value)
        assert edition.iaqi(indicator, amount) == (over.get("iaqi") if over else 500)


@given(columns(), AMOUNTS, AMOUNTS)
def test_iaqi_never_falls(column: tuple[Edition, Indicator], one: int, other: int) -> None:
    edition, indicator = column
    less, more = (edition.iaqi(indicator, amount) for amount in sorted((one, other)))
    assert more is None or (less is not None and less <= more)


@given(columns(), st.integers(1, 10**6))
def test_iaqi_is_continuous_at_breakpoints(column: tuple[Edition, Indicator], step: int) -> None:
    """At a breakpoint it is the table's; a step of less than the unit before it is at most that, after it above."""
    edition, indicator = column
    inner = points(edition, indicator)[1:-1]
    for concentration, index in inner:
        amount = int(concentration * 10**6)
        before, after = (edition.iaqi(indicator, amount + sign * step) for sign in (-1, 1))
        assert edition.iaqi(indicator, amount) == index
        assert before is not None
        assert after is not None
        assert before <= index < after


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_rounding_is_that_of_fractions(numerator: int, denominator: int) -> None:
    """Python rounds fractions half to even."""
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(EDITIONS, st.sampled_from(list(Pollutant)), st.lists(DECIMALS, min_size=1, max_size=24))
def test_reported_mean_is_that_of_decimals(edition: Edition, pollutant: Pollutant, hours: list[Decimal]) -> None:
    """Whatever floats the hours came in as."""
    mean = sum(map(Fraction, hours), Fraction(0)) / len(hours)
    scale = 10 ** edition.decimals[pollutant]
    reported = edition.reported(pollutant, sum(exact(float(hour)) for hour in hours), len(hours))
    assert Fraction(reported, 10**6) == Fraction(round(mean * scale), scale)


@given(st.decimals(-9999, 9999, places=6))
def test_float_stands_for_its_decimal(value: Decimal) -> None:
    assert exact(float(value)) == int(value * 10**6)
    assert number(exact(float(value))) == float(value)


@given(columns(), DECIMALS)
def test_float_never_lifts_an_iaqi(column: tuple[Edition, Indicator], value: Decimal) -> None:
    """Of the reported concentration: that of the decimal, rounded and judged in decimals."""
    edition, indicator = column
    pollutant = POLLUTANT_OF[indicator]
    step = Decimal(1).scaleb(-edition.decimals[pollutant])
    rounded = value.quantize(step, rounding=ROUND_HALF_EVEN)
    amount = edition.reported(pollutant, exact(float(value)))
    assert edition.iaqi(indicator, amount) == edition.iaqi(indicator, int(rounded * 10**6))


GIVEN = st.dictionaries(st.sampled_from(list(Indicator)), st.none() | AMOUNTS)


@given(EDITIONS, st.sampled_from(["day", "hour"]), GIVEN)
def test_report_keeps_its_own_rules(edition: Edition, span: str, given_: dict[Indicator, int | None]) -> None:
    judge, needed = (daily, edition.daily) if span == "day" else (hourly, edition.hourly)
    report = judge(edition, given_)
    assert set(report.missing) <= {POLLUTANT_OF[indicator] for indicator in needed}
    assert (report.status is Status.VALID) == (not report.missing)
    if report.aqi is None:
        assert report.primary == ()
        assert report.level is None
        assert report.computed is None or report.computed <= 100
    else:
        assert edition.least <= report.aqi <= 500
        assert report.aqi == max(edition.least, *report.iaqi.values())
        assert report.level is not None
        assert report.level.lo <= report.aqi
        assert report.level.hi is None or report.aqi <= report.level.hi
        assert bool(report.primary) == (report.aqi > 50)
        assert all(report.of(pollutant) == report.aqi for pollutant in report.primary)
        assert list(report.primary) == [pollutant for pollutant in Pollutant if pollutant in report.primary]


@given(GIVEN, st.sampled_from(list(Indicator)), AMOUNTS)
def test_more_pollution_is_never_less_index(
    given_: dict[Indicator, int | None], indicator: Indicator, amount: int
) -> None:
    """Of a complete day of 2026. (In 2012 an ozone mean above 800 falls silent: table 1, note 3.)"""
    edition = STANDARDS.editions[1]
    whole = {each: given_.get(each) or 0 for each in Indicator}
    before = daily(edition, whole).aqi
    after = daily(edition, whole | {indicator: max(whole[indicator], amount)}).aqi
    assert before is not None
    assert after is not None
    assert before <= after
