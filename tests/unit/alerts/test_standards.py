"""Air standards by example: rounding, IAQI by edition, reports, limits, and files that are refused."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.errors import ConfigurationError
from alerts.standards import (
    Colour,
    Pollutant,
    Statistic,
    Status,
    ZoneClass,
    daily,
    exact,
    hourly,
    load_air_standards,
    measured_on,
    number,
    text,
)
from tests.support.air import HJ2012, HJ2026, STANDARDS, amounts, iaqi_of
from tests.support.district import CONFIG

SHANGHAI = ZoneInfo("Asia/Shanghai")
CLEAN = {"so2_24h": 8, "no2_24h": 25, "pm10_24h": 50, "pm2_5_24h": 30, "co_24h": 0.6, "o3_8h": 96, "o3_1h": 118}
CLEAN_HOUR = {"so2_1h": 7, "no2_1h": 33, "co_1h": 0.8, "o3_1h": 41, "pm10_1h": 50, "pm2_5_1h": 20}


@pytest.mark.parametrize(
    ("pollutant", "measured", "reported"),
    [
        (Pollutant.PM2_5, 60.5, 60.0),
        (Pollutant.PM2_5, 61.5, 62.0),
        (Pollutant.PM2_5, 60.500001, 61.0),
        (Pollutant.CO, 0.85, 0.8),
        (Pollutant.CO, 0.95, 1.0),
        (Pollutant.CO, 2.15, 2.2),
        (Pollutant.O3, -0.7, 0.0),
    ],
)
def test_concentration_is_rounded_half_to_even(pollutant: Pollutant, measured: float, reported: float) -> None:
    """GB/T 8170 on the decimal that was measured: 0.95 is a tie in decimal and none in binary."""
    for edition in STANDARDS.editions:
        assert number(edition.reported(pollutant, exact(measured))) == reported


def test_mean_is_rounded_once() -> None:
    """Three hours of 60, 60 and 61.500001: 60.5000003..., which must not become a tie on the way."""
    total = exact(60) + exact(60) + exact(61.500001)
    assert number(HJ2026.reported(Pollutant.PM2_5, total, 3)) == 61


@pytest.mark.parametrize(
    ("name", "concentration", "of_2012", "of_2026"),
    [
        ("co_24h", 2.2, 55, 55),  # binary floats give 56
        ("pm2_5_24h", 68, 92, 108),
        ("pm2_5_24h", 75, 100, 114),
        ("pm10_24h", 132, 91, 105),
        ("so2_24h", 475, 150, 150),  # from the daily column, not the hourly one
        ("so2_1h", 800, 200, 200),
        ("so2_1h", 801, None, 200),
        ("o3_8h", 800, 300, 300),
        ("o3_8h", 801, None, 300),
        ("pm10_24h", 900, 500, 500),
        ("o3_1h", 1300, 500, 500),
        ("no2_24h", 0, 0, 0),
    ],
)
def test_iaqi_follows_the_edition(name: str, concentration: float, of_2012: int | None, of_2026: int | None) -> None:
    assert iaqi_of(HJ2012, name, concentration) == of_2012
    assert iaqi_of(HJ2026, name, concentration) == of_2026


@pytest.mark.parametrize(
    ("aqi", "level", "zh", "en", "colour"),
    [
        (50, 1, "优", "Excellent", Colour.GREEN),
        (51, 2, "良", "Good", Colour.YELLOW),
        (101, 3, "轻度污染", "Lightly polluted", Colour.ORANGE),
        (200, 4, "中度污染", "Moderately polluted", Colour.RED),
        (201, 5, "重度污染", "Heavily polluted", Colour.PURPLE),
        (301, 6, "严重污染", "Severely polluted", Colour.MAROON),
        (500, 6, "严重污染", "Severely polluted", Colour.MAROON),
    ],
)
def test_level_has_name_and_colour(aqi: int, level: int, zh: str, en: str, colour: Colour) -> None:
    for edition in STANDARDS.editions:
        found = edition.level(aqi)
        assert (found.level, found.zh, found.en, found.colour) == (level, zh, en, colour)


def test_level_tells_its_screen_colour() -> None:
    assert [level.rgb for level in HJ2026.levels] == [
        (0, 228, 0),
        (255, 255, 0),
        (255, 126, 0),
        (255, 0, 0),
        (153, 0, 76),
        (126, 0, 35),
    ]


def test_day_of_2012_takes_the_largest_ozone_hour() -> None:
    """5.1.2: seven indicators. In 2026 the hour is no indicator, and its absence lacks nothing."""
    given = CLEAN | {"o3_1h": 230, "o3_8h": 150}
    assert daily(HJ2012, amounts(**given)).aqi == 115
    assert daily(HJ2026, amounts(**given)).aqi == 92
    without = {name: value for name, value in given.items() if name != "o3_1h"}
    assert daily(HJ2026, amounts(**without)).status is Status.VALID
    assert daily(HJ2012, amounts(**without)).missing == (Pollutant.O3,)


def test_hour_of_2012_judges_particles_by_their_last_day() -> None:
    """5.1.3, table 4: the PM hour is shown without an IAQI."""
    given = CLEAN_HOUR | {"pm2_5_1h": 400, "pm2_5_24h": 61, "pm10_24h": 98, "o3_8h": 50, "so2_24h": 9}
    assert hourly(HJ2012, amounts(**given)).aqi == 83
    assert hourly(HJ2026, amounts(**given)).primary == (Pollutant.PM2_5,)
    assert hourly(HJ2026, amounts(**given)).aqi == 434


def test_sulphur_hour_over_range_is_judged_by_its_last_day_in_2012() -> None:
    """Table 1, note 2. Where the 24 h value lacks as well, the pollutant is missing and nothing is made up."""
    given = CLEAN_HOUR | {"so2_1h": 900, "so2_24h": 120, "pm2_5_24h": 20, "pm10_24h": 50, "o3_8h": 50}
    assert hourly(HJ2012, amounts(**given)).of(Pollutant.SO2) == 85
    lacking = hourly(HJ2012, amounts(**given | {"so2_24h": None}))
    assert (lacking.missing, lacking.aqi) == ((Pollutant.SO2,), None)
    assert hourly(HJ2026, amounts(**given)).of(Pollutant.SO2) == 200


def test_ozone_mean_over_range_leaves_its_hour_to_speak_in_2012() -> None:
    """Table 1, note 3: the day lacks nothing."""
    report = daily(HJ2012, amounts(**CLEAN | {"o3_8h": 820, "o3_1h": 900}))
    assert (report.status, report.aqi, report.primary) == (Status.VALID, 350, (Pollutant.O3,))
    assert daily(HJ2026, amounts(**CLEAN | {"o3_8h": 820, "o3_1h": 900})).aqi == 300


def test_incomplete_report_is_published_only_above_100() -> None:
    """2026 5.3.1, in both editions; what is known of the rest is told all the same."""
    for edition in STANDARDS.editions:
        low = daily(edition, amounts(**CLEAN | {"pm2_5_24h": None, "o3_8h": 160}))
        assert (low.status, low.aqi, low.level, low.primary) == (Status.NA, None, None, ())
        assert (low.computed, low.of(Pollutant.O3)) == (100, 100)
        high = daily(edition, amounts(**CLEAN | {"pm2_5_24h": None, "o3_8h": 161}))
        assert (high.status, high.aqi, high.primary) == (Status.PARTIAL, 101, (Pollutant.O3,))
        assert high.missing == (Pollutant.PM2_5,)


def test_report_of_nothing_is_na() -> None:
    """All pollutants missing: no value is made up."""
    for edition in STANDARDS.editions:
        report = daily(edition, {})
        assert (report.status, report.computed, report.missing) == (Status.NA, None, tuple(Pollutant))


def test_pollutant_exempt_from_monitoring_lacks_nothing() -> None:
    """2026 5.3.2."""
    report = daily(HJ2026, amounts(**CLEAN | {"co_24h": None}), exempt={Pollutant.CO})
    assert (report.status, report.missing) == (Status.VALID, ())


def test_primary_pollutants_are_joint_and_only_above_50() -> None:
    tied = daily(HJ2026, amounts(**CLEAN | {"pm10_24h": 120, "pm2_5_24h": 60, "o3_8h": 160}))
    assert (tied.aqi, tied.primary) == (100, (Pollutant.PM2_5, Pollutant.PM10, Pollutant.O3))
    assert daily(HJ2026, amounts(**CLEAN | {"pm10_24h": 50, "pm2_5_24h": 35})).primary == ()


def test_aqi_of_2026_begins_at_1() -> None:
    """4.1.1 gives the range 1 to 500; what a zero is, it does not say (notes on standards 1.3)."""
    nothing = amounts(so2_24h=0, no2_24h=0, pm10_24h=0, pm2_5_24h=0, co_24h=0, o3_8h=0, o3_1h=0)
    assert daily(HJ2026, nothing).aqi == 1
    assert daily(HJ2012, nothing).aqi == 0


@pytest.mark.parametrize(
    ("day", "edition", "standard", "phase"),
    [
        (date(2015, 11, 1), "hj633-2012", "GB 3095-2012", "all"),
        (date(2026, 2, 28), "hj633-2012", "GB 3095-2012", "all"),
        (date(2026, 3, 1), "hj633-2026", "GB 3095-2026", "transition"),
        (date(2030, 12, 31), "hj633-2026", "GB 3095-2026", "transition"),
        (date(2031, 1, 1), "hj633-2026", "GB 3095-2026", "final"),
    ],
)
def test_law_follows_the_date_measured(day: date, edition: str, standard: str, phase: str) -> None:
    assert STANDARDS.edition_on(day).name == edition
    limits = STANDARDS.limits_on(day)
    assert (limits.standard, limits.phase) == (standard, phase)


def test_last_hour_of_february_is_measured_in_february() -> None:
    """It ends at midnight; and the night in the zone counts, not the one in Greenwich."""
    assert measured_on(datetime(2026, 2, 28, 16, tzinfo=UTC), SHANGHAI) == date(2026, 2, 28)
    assert measured_on(datetime(2026, 2, 28, 17, tzinfo=UTC), SHANGHAI) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("day", "pollutant", "statistic", "one", "two"),
    [
        (date(2025, 6, 1), "pm2_5", Statistic.ANNUAL, 15, 35),
        (date(2026, 6, 1), "pm2_5", Statistic.ANNUAL, 15, 30),
        (date(2031, 6, 1), "pm2_5", Statistic.ANNUAL, 10, 25),
        (date(2026, 6, 1), "pm10", Statistic.H24, 50, 120),
        (date(2031, 6, 1), "so2", Statistic.H1, 150, 150),
        (date(2031, 6, 1), "o3", Statistic.MDA8, 100, 160),
        (date(2031, 6, 1), "nox", Statistic.H24, 70, 70),
        (date(2031, 6, 1), "tsp", Statistic.ANNUAL, 80, 200),
        (date(2026, 6, 1), "bap", Statistic.H24, 0.0025, 0.0025),
    ],
)
def test_limit_follows_date_class_and_statistic(
    day: date, pollutant: str, statistic: Statistic, one: float, two: float
) -> None:
    limits = STANDARDS.limits_on(day)
    assert limits.of(pollutant, statistic, ZoneClass.ONE) == exact(one)
    assert limits.of(pollutant, statistic) == exact(two)


def test_limit_that_does_not_exist_is_none() -> None:
    assert STANDARDS.limits_on(date(2026, 6, 1)).of("o3", Statistic.ANNUAL) is None


@pytest.mark.parametrize(
    ("means", "largest", "valid"), [(14, 50, True), (13, 160, False), (13, 161, True), (1, 161, True), (0, 0, False)]
)
def test_ozone_day_is_valid_with_enough_means_or_above_the_limit(means: int, largest: float, *, valid: bool) -> None:
    assert STANDARDS.mda8_valid(means, exact(largest), date(2026, 6, 1)) is valid


def test_text_keeps_its_decimals() -> None:
    assert [text(exact(0.8), 1), text(exact(12), 1), text(exact(12), 0), text(exact(-0.25), 2)] == [
        "0.8",
        "12.0",
        "12",
        "-0.25",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("air_aqi_hj633_2026.yaml", "pm10_24h: [0, 50", "pm10_24h: [0, 500"), "must rise from 0"),
        (("air_aqi_hj633_2026.yaml", "so2_1h:   [0", "so2_1h:   [null"), "null only at the end"),
        (("air_aqi_hj633_2026.yaml", "[0, 35, 60", "[0, 60"), "pm2_5_24h: wants 8 breakpoints"),
        (
            (
                "air_aqi_hj633_2026.yaml",
                "{above: 800, action: fixed_iaqi, iaqi: 200",
                "{above: 9, action: fixed_iaqi, iaqi: 2",
            ),
            "so2_1h: over_range must go on",
        ),
        (("air_aqi_hj633_2026.yaml", "fixed_iaqi, iaqi: 300", "fixed_iaqi"), "fixed_iaqi needs iaqi"),
        (("air_aqi_hj633_2026.yaml", "lo: 201", "lo: 202"), "without a gap"),
        (("air_aqi_hj633_2026.yaml", "o3_8h_daily_max]", "o3_9h_daily_max]"), "o3_9h_daily_max"),
        (
            ("air_aqi_hj633_2026.yaml", "pm10_24h, pm2_5_24h, o3_8h_daily_max]", "pm10_24h, pm2_5_24h, no2_8h]"),
            "no2_8h",
        ),
        (("air_aqi_hj633_2026.yaml", "iaqi: ceil_to_integer", "iaqi: floor"), "ceil_to_integer"),
        (
            ("air_aqi_hj633_2026.yaml", "pm2_5_1h: pm2_5_24h", "pm2_5_24h: pm2_5_24h"),
            "no column of breakpoints for pm2_5_1h",
        ),
        (("air_aqi_hj633_2012.yaml", "o3_1h:    [0", "o3_h1:    [0"), "o3_h1"),
        (("gb3095_2026.yaml", "mda8: [100, 160]", "mda9: [100, 160]"), "mda9"),
        (("hj663.yaml", "min_valid_8h_means: 14", "min_valid_8h_means: none"), "valid integer"),
    ],
)
def test_broken_table_is_refused_with_file_and_line(tmp_path: Path, wrong: tuple[str, str, str], said: str) -> None:
    """The line is that of the fault, or the file's first where the table as a whole does not hold."""
    name, right, broken = wrong
    folder = tmp_path / "standards"
    shutil.copytree(CONFIG / "standards", folder)
    shipped = (folder / name).read_text(encoding="utf-8")
    assert right in shipped
    (folder / name).write_text(shipped.replace(right, broken, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_air_standards(folder)
    assert said in str(refused.value)
    assert {problem.file.name for problem in refused.value.problems} == {name}
    line = shipped[: shipped.index(right)].count("\n") + 1
    lines = {problem.line for problem in refused.value.problems}
    assert line in lines or lines == {2}


def test_some_edition_states_the_decimals(tmp_path: Path) -> None:
    """The 2012 one does not, and takes those of 2026."""
    folder = tmp_path / "standards"
    shutil.copytree(CONFIG / "standards", folder)
    shutil.copy(folder / "air_aqi_hj633_2012.yaml", folder / "air_aqi_hj633_2026.yaml")
    with pytest.raises(ConfigurationError, match="no edition states it"):
        load_air_standards(folder)


def test_absent_files_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_air_standards(tmp_path)
    assert len(refused.value.problems) == 5
