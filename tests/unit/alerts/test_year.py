"""A year judged, and the plan's targets, by example."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from alerts.errors import ConfigurationError
from alerts.standards import (
    Pollutant,
    Standing,
    Targets,
    allowed_days,
    evaluate,
    exact,
    load_targets,
    percentile,
    track,
)
from tests.support.air import HJ2012, HJ2026, STANDARDS
from tests.support.district import CONFIG
from tests.support.years import a_day, a_year, days

SHIPPED = load_targets(CONFIG / "targets.yaml")
GOOD_DAYS, PM2_5, HEAVY = SHIPPED.targets


def test_shipped_targets_are_the_plan_s() -> None:
    """Above 97.8 %, below 19.2 ug/m3, none; all to 2025 and by the tables they were set under."""
    assert isinstance(SHIPPED, Targets)
    limits = [
        (one.kind, getattr(one, key)) for one, key in zip(SHIPPED.targets, ("above", "below", "at_most"), strict=True)
    ]
    assert limits == [("good_day_ratio", Decimal("97.8")), ("pm2_5_mean", Decimal("19.2")), ("heavy_days", 0)]
    assert {(one.edition, one.years.last) for one in SHIPPED.targets} == {("hj633-2012", 2025)}


@pytest.mark.parametrize(("valid", "allowed"), [(365, 8), (366, 8), (364, 8), (363, 7), (500, 10), (45, 0), (0, -1)])
def test_allowance_of_bad_days_is_exact(valid: int, allowed: int) -> None:
    """Of 500 days 11 bad ones would be 97.8 % to the day, which is not above it."""
    assert allowed_days(valid, Decimal("97.8")) == allowed


@pytest.mark.parametrize("year", [2023, 2024])
@pytest.mark.parametrize(("bad", "standing"), [(8, Standing.MET), (9, Standing.MISSED)])
def test_eight_bad_days_meet_the_target_and_nine_do_not(year: int, bad: int, standing: Standing) -> None:
    """In years of 365 and of 366 days. 97.808 % is shown as 97.8 and is above it all the same."""
    assert track(GOOD_DAYS, a_year(year, bad=bad)).standing is standing


@pytest.mark.parametrize(
    ("bad", "length", "standing", "allowed"),
    [
        (0, 100, Standing.OPEN, 8),
        (8, 100, Standing.OPEN, 0),
        (9, 100, Standing.MISSED, None),
        (0, 360, Standing.OPEN, 5),
    ],
)
def test_rest_of_the_year_may_have_so_many_bad_days(
    bad: int, length: int, standing: Standing, allowed: int | None
) -> None:
    """Never more than there are days left."""
    found = track(GOOD_DAYS, a_year(2023, bad=bad, length=length))
    assert (found.standing, found.days_allowed, found.days_left) == (standing, allowed, 365 - length)


def test_days_without_an_aqi_shrink_the_allowance() -> None:
    """The share is of valid days: with 30 of 365 lost, 7 may be bad."""
    given = [*days(2023, 30, pm2_5_24h=None), *days(2023, 335, start=30)]
    year = evaluate(given, STANDARDS, edition=HJ2012)
    assert (year.valid_days, allowed_days(year.valid_days, Decimal("97.8"))) == (335, 7)


def test_incomplete_day_above_100_is_a_bad_one() -> None:
    year = evaluate([a_day(date(2023, 1, 1), pm2_5_24h=None, o3_8h=170)], STANDARDS, edition=HJ2012)
    assert (year.valid_days, year.partial_days, year.good_days) == (1, 1, 0)


@pytest.mark.parametrize(
    ("pm2_5", "length", "standing", "rest"),
    [
        (19, 365, Standing.MET, None),
        (19.2, 365, Standing.MISSED, None),  # not below it
        (30, 182, Standing.OPEN, Fraction(365 * 192 - 182 * 300, 10 * 183)),
        (40, 182, Standing.MISSED, None),  # the rest would have to be below zero
        (15, 364, Standing.OPEN, Fraction(365 * 192 - 364 * 150, 10)),
    ],
)
def test_rest_of_the_year_must_average_so_much(
    pm2_5: float, length: int, standing: Standing, rest: Fraction | None
) -> None:
    found = track(PM2_5, a_year(2023, length=length, pm2_5_24h=pm2_5))
    assert (found.standing, found.rest_below) == (standing, rest)
    assert found.value == Fraction(str(pm2_5))


def test_one_heavy_day_misses_the_target() -> None:
    """AQI 201, not 200."""
    heavy = evaluate([*days(2023, 1, pm2_5_24h=151)], STANDARDS, edition=HJ2012)
    not_yet = evaluate([*days(2023, 1, pm2_5_24h=150)], STANDARDS, edition=HJ2012)
    assert (track(HEAVY, heavy).standing, heavy.heavy_days) == (Standing.MISSED, (date(2023, 1, 1),))
    assert (track(HEAVY, not_yet).standing, track(HEAVY, not_yet).days_allowed) == (Standing.OPEN, 0)
    assert track(HEAVY, a_year(2023)).standing is Standing.MET


def test_year_of_which_nothing_is_known_is_unknown() -> None:
    """Not met, and not missed: no value is made up."""
    empty = evaluate(
        [a_day(date(2023, 12, 31), **dict.fromkeys(("pm2_5_24h", "o3_8h"), None))], STANDARDS, edition=HJ2012
    )
    assert (empty.valid_days, empty.good_ratio) == (0, None)
    assert [track(one, empty).standing for one in SHIPPED.targets] == [Standing.UNKNOWN] * 3
    assert [track(one, empty).value for one in SHIPPED.targets] == [None] * 3


def test_same_days_differ_by_edition() -> None:
    """68 ug/m3 is a good day of 2012 and not one of 2026."""
    given = list(days(2026, 10, pm2_5_24h=68))
    assert evaluate(given, STANDARDS, edition=HJ2012).good_days == 10
    assert evaluate(given, STANDARDS, edition=HJ2026).good_days == 0


def test_year_of_two_editions_names_both() -> None:
    year = evaluate(list(days(2026, 365, pm2_5_24h=68)), STANDARDS)
    assert year.editions == ("hj633-2012", "hj633-2026")
    assert year.good_days == 59  # up to 28 February
    assert (year.limits.standard, year.limits.phase) == ("GB 3095-2026", "transition")


@pytest.mark.parametrize(
    ("values", "rank", "expected"),
    [
        ([7], 95, Fraction(7)),
        ([1, 2], 90, Fraction(19, 10)),
        (list(range(1, 102)), 95, Fraction(96)),
        (list(range(366)), 98, Fraction(3577, 10)),
        ([3, 1, 2], 100, Fraction(3)),
        ([3, 1, 2], 0, Fraction(1)),
    ],
)
def test_percentile_lies_between_two_values_in_proportion(values: list[int], rank: int, expected: Fraction) -> None:
    assert percentile(values, rank) == expected


@pytest.mark.parametrize(
    ("lost", "enough"),
    [
        ([], True),
        ([*range(31, 34)], True),  # three of February's 28
        ([*range(31, 35)], False),
        ([*range(4)], True),
        ([*range(5)], False),  # January has 26
        (
            [month * 30 + day for month in range(11) for day in range(4) if month != 1],
            False,
        ),  # 325 but for one month ...
    ],
)
def test_annual_mean_needs_its_days_month_by_month(lost: list[int], *, enough: bool) -> None:
    """324 of the year, 27 of each month and 25 of February."""
    known = [day for number, day in enumerate(days(2023, 365)) if number not in lost]
    assert evaluate(known, STANDARDS, edition=HJ2012).annual[Pollutant.PM2_5].enough is enough


def test_annual_attainment_needs_mean_and_percentile_of_all() -> None:
    """19 days (5 %) of 80 ug/m3 lift the percentile and not the mean above its limit."""
    assert a_year(2023).attained is True
    given = [*days(2023, 30, pm2_5_24h=80), *days(2023, 335, start=30)]
    year = evaluate(given, STANDARDS, edition=HJ2012)
    pm2_5 = year.annual[Pollutant.PM2_5]
    assert (pm2_5.mean_limit, pm2_5.percentile_limit) == (exact(35), exact(75))
    assert pm2_5.mean is not None
    assert pm2_5.mean < exact(35)
    assert pm2_5.percentile == exact(80)
    assert (pm2_5.within, year.attained) == (False, False)


def test_attainment_is_not_said_of_too_few_days() -> None:
    assert a_year(2023, length=200).attained is None
    assert a_year(2023, length=200).annual[Pollutant.O3].within is True


def test_carbon_monoxide_and_ozone_have_percentiles_alone() -> None:
    """GB 3095 has no annual limit for them."""
    year = a_year(2023)
    for pollutant in (Pollutant.CO, Pollutant.O3):
        assert (year.annual[pollutant].mean, year.annual[pollutant].mean_limit) == (None, None)
    assert (year.annual[Pollutant.O3].rank, year.annual[Pollutant.O3].percentile_limit) == (90, exact(160))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("above: 97.8", "above: 197.8", "less than 100"),
        ("below: 19.2", "above: 19.2", "below"),
        ("at_most: 0", "at_most: -1", "greater than or equal to 0"),
        ("edition: hj633-2012", "edition: hj633-2013", "hj633-2012"),
        ("from: 2021, to: 2025", "from: 2026, to: 2025", "to must not be before from"),
        ("id: pm2_5", "id: good-days", "these targets are there twice: good-days"),
        ("kind: heavy_days", "kind: heavy", "heavy"),
    ],
)
def test_wrong_target_is_refused_with_its_line(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    """Its own, or that on which its entry (or the file's list) begins."""
    text = (CONFIG / "targets.yaml").read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "targets.yaml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said) as refused:
        load_targets(file)
    at = text[: text.index(right)].count("\n") + 1
    begins = text[: text.rindex("- id:", 0, text.index(right) + 1)].count("\n") + 1 if "id:" not in right else at
    first = text[: text.index("targets:")].count("\n") + 1
    assert {problem.line for problem in refused.value.problems} <= {at, begins, first}
