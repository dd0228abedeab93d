"""Laws of a year's evaluation and of the targets, for any days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from alerts.standards import DayAmounts, Pollutant, Standing, allowed_days, evaluate, load_targets, percentile, track
from tests.support.air import HJ2012, STANDARDS
from tests.support.district import CONFIG
from tests.support.years import a_day

GOOD_DAYS, PM2_5, HEAVY = load_targets(CONFIG / "targets.yaml").targets
KINDS: list[dict[str, float | None]] = [{}, {}, {}, {"o3_8h": 170}, {"pm2_5_24h": 160}, {"pm2_5_24h": None}]
SHARES = st.decimals(0, 99, places=2)


@given(st.integers(0, 5000), SHARES)
def test_allowance_is_the_most_that_still_meets(valid: int, above: Decimal) -> None:
    """One more does not."""
    allowed = allowed_days(valid, above)
    assert allowed < 0 or Fraction(valid - allowed, valid) * 100 > Fraction(above)
    assert allowed + 1 > valid or valid == 0 or Fraction(valid - allowed - 1, valid) * 100 <= Fraction(above)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=400), st.integers(0, 100))
def test_percentile_is_within_and_monotone(values: list[int], rank: int) -> None:
    found = percentile(values, rank)
    assert min(values) <= found <= max(values)
    assert rank == 100 or found <= percentile(values, rank + 1)
    assert found == percentile(values[::-1], rank)


@st.composite
def years(draw: st.DrawFn) -> list[DayAmounts]:
    """The first days of 2023, some bad, some heavy, some lost."""
    drawn = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=365))
    return [a_day(date(2023, 1, 1) + timedelta(days=n), **kind) for n, kind in enumerate(drawn)]


@given(years())
def test_counts_add_up(days: list[DayAmounts]) -> None:
    year = evaluate(days, STANDARDS, edition=HJ2012)
    assert year.valid_days + year.days_left <= 365
    assert sum(year.levels.get(level, 0) for level in (1, 2)) == year.good_days
    assert sum(year.levels.get(level, 0) for level in (5, 6)) == len(year.heavy_days)
    assert year.partial_days <= year.valid_days - year.good_days


@given(years(), st.data())
def test_allowance_said_in_the_year_is_kept_at_its_end(days: list[DayAmounts], data: st.DataObject) -> None:
    """All days that are left valid: so many bad ones meet the target, one more does not; missed stays missed."""
    found = track(GOOD_DAYS, evaluate(days, STANDARDS, edition=HJ2012))
    left = found.days_left
    bad = data.draw(st.integers(0, left)) if found.days_allowed is None else found.days_allowed
    for more in (bad, min(bad + 1, left)):
        rest = [a_day(days[-1].date + timedelta(days=n + 1), o3_8h=170.0 if n < more else 90.0) for n in range(left)]
        end = track(GOOD_DAYS, evaluate([*days, *rest], STANDARDS, edition=HJ2012))
        if found.standing is Standing.OPEN:
            assert (end.standing is Standing.MET) == (more <= (found.days_allowed or 0))
        elif left:
            assert end.standing is Standing.MISSED


@given(years())
def test_mean_asked_of_the_rest_is_the_bound(days: list[DayAmounts]) -> None:
    """Exactly there the year's mean is the target itself, which is not below it."""
    year = evaluate(days, STANDARDS, edition=HJ2012)
    found = track(PM2_5, year)
    known = year.annual[Pollutant.PM2_5].days
    if found.rest_below is not None and found.value is not None:
        assert (found.value * known + found.rest_below * found.days_left) / (known + found.days_left) == Fraction(
            "19.2"
        )
    assert (found.standing is Standing.OPEN) == (found.rest_below is not None)


@given(years())
def test_heavy_days_are_counted(days: list[DayAmounts]) -> None:
    year = evaluate(days, STANDARDS, edition=HJ2012)
    found = track(HEAVY, year)
    assert (found.standing is Standing.MISSED) == bool(year.heavy_days)
