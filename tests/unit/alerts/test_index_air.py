"""`clearwarn index air`: what a line holds, by example."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.district import CONFIG
from tests.support.hourly_files import AIR, Hour, hours, index, indexed, lines

DAY_COLUMNS = (
    "station,date,edition,pm2_5_24h,pm10_24h,so2_24h,no2_24h,co_24h,o3_8h_max,o3_1h_max,iaqi_pm2_5,iaqi_pm10,iaqi_so2,"
    "iaqi_no2,iaqi_co,iaqi_o3_8h,iaqi_o3_1h,aqi,level,primary,status"
)
HOUR_COLUMNS = (
    "station,begin,end,edition,pm2_5,pm10,so2,no2,co,o3,pm2_5_24h,pm10_24h,so2_24h,o3_8h,iaqi_pm2_5,iaqi_pm10,iaqi_so2,"
    "iaqi_no2,iaqi_co,iaqi_o3,iaqi_o3_8h,aqi,level,primary,status"
)


NOTHING: dict[str, Any] = dict.fromkeys(AIR, "")


def a_day(first: str = "2026-06-01T00:00", count: int = 24, **values: Any) -> Iterator[Hour]:
    return hours(first, count, **values)


def test_day_has_exactly_these_columns(tmp_path: Path) -> None:
    indexed(tmp_path, a_day())
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert text == DAY_COLUMNS + "\nair-01,2026-06-01,hj633-2026,30,50,8,25,0.6,60,60,43,50,8,32,15,30,19,50,1,,valid\n"


def test_hour_has_these_columns(tmp_path: Path) -> None:
    indexed(tmp_path, a_day(count=1, pm2_5=61), "--period", "hour")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == (
        f"{HOUR_COLUMNS}\n"
        "air-01,2026-06-01T00:00:00+08:00,2026-06-01T01:00:00+08:00,hj633-2026,61,50,8,25,0.6,60,,,,,"
        "101,50,3,13,6,19,,101,3,pm2_5,valid\n"
    )


def test_edition_follows_the_day_or_what_is_asked(tmp_path: Path) -> None:
    """The same air on the last day of the old law and the first of the new."""
    two = list(hours("2026-02-28T00:00", 48, pm2_5=68, pm10=132))
    auto = indexed(tmp_path, two)
    assert [(line["date"], line["edition"], line["aqi"], line["level"]) for line in auto] == [
        ("2026-02-28", "hj633-2012", "92", "2"),
        ("2026-03-01", "hj633-2026", "108", "3"),
    ]
    old, new = (indexed(tmp_path, two, "--edition", name) for name in ("hj633-2012", "hj633-2026"))
    assert [line["aqi"] for line in old] == ["92", "92"]
    assert [line["aqi"] for line in new] == ["108", "108"]


def test_hour_before_midnight_is_judged_by_its_own_day(tmp_path: Path) -> None:
    """It ends on 1 March and was measured in February: particles still by their last day."""
    found = indexed(tmp_path, hours("2026-02-28T00:00", 25, pm2_5=68), "--period", "hour")
    assert [(line["begin"], line["edition"], line["iaqi_pm2_5"]) for line in found[-2:]] == [
        ("2026-02-28T23:00:00+08:00", "hj633-2012", "92"),
        ("2026-03-01T00:00:00+08:00", "hj633-2026", "108"),
    ]


@pytest.mark.parametrize(("count", "pm2_5", "status"), [(20, "30", "valid"), (19, "", "NA")])
def test_day_mean_needs_twenty_hours(tmp_path: Path, count: int, pm2_5: str, status: str) -> None:
    (line,) = indexed(tmp_path, a_day("2026-06-01T04:00", count, pm10=49))
    assert (line["pm2_5_24h"], line["status"]) == (pm2_5, status)
    assert (line["aqi"] == "") == (status == "NA")


@pytest.mark.parametrize(
    ("first", "count", "ozone", "largest"),
    [
        ("2026-06-01T00:00", 19, 60, "60"),  # 8 h means from 08 to 21 h: 14 of them, the last two of 7 and 6 hours
        ("2026-06-01T00:00", 18, 60, ""),
        ("2026-06-01T00:00", 18, 161, "161"),  # above the limit: so many as there are
        ("2026-06-01T00:00", 5, 300, ""),  # not one has six hours
        ("2026-06-01T18:00", 6, 300, "300"),
    ],
)
def test_largest_ozone_mean_needs_fourteen_or_the_limit(
    tmp_path: Path, first: str, count: int, ozone: float, largest: str
) -> None:
    (line,) = indexed(tmp_path, a_day(first, count, o3=ozone))
    assert line["o3_8h_max"] == largest
    assert line["o3_1h_max"] == str(ozone)


def test_ozone_means_of_the_day_do_not_reach_into_the_night_before(tmp_path: Path) -> None:
    """A smoggy evening is that day's and not the next one's."""
    rows = chain(hours("2026-06-01T00:00", 16), hours("2026-06-01T16:00", 8, o3=240), hours("2026-06-02T00:00", 24))
    assert [line["o3_8h_max"] for line in indexed(tmp_path, rows)] == ["240", "60"]


def test_old_day_counts_the_largest_ozone_hour_and_new_one_does_not(tmp_path: Path) -> None:
    rows = [*hours("2016-06-01T00:00", 23), *hours("2016-06-01T23:00", 1, o3=230)]
    (old,) = indexed(tmp_path, rows)
    assert (old["o3_1h_max"], old["iaqi_o3_1h"], old["aqi"], old["primary"]) == ("230", "115", "115", "o3")
    (new,) = indexed(tmp_path, rows, "--edition", "hj633-2026")
    assert (new["o3_1h_max"], new["iaqi_o3_1h"], new["aqi"], new["primary"]) == ("230", "115", "50", "")


def test_ozone_mean_above_its_range(tmp_path: Path) -> None:
    """2012: not computed, the hour speaks; 2026: 300."""
    rows = list(hours("2016-06-01T00:00", 24, o3=900))
    (old,) = indexed(tmp_path, rows)
    assert (old["o3_8h_max"], old["iaqi_o3_8h"], old["iaqi_o3_1h"], old["aqi"]) == ("900", "", "350", "350")
    (new,) = indexed(tmp_path, rows, "--edition", "hj633-2026")
    assert (new["iaqi_o3_8h"], new["aqi"], new["status"]) == ("300", "300", "valid")


def test_sulphur_hour_above_its_range(tmp_path: Path) -> None:
    """2012: by the last 24 h, once they are valid; 2026: 200."""
    rows = [*hours("2016-06-01T00:00", 24), *hours("2016-06-02T00:00", 1, so2=900)]
    old = indexed(tmp_path, rows, "--period", "hour")[-1]
    assert (old["so2"], old["so2_24h"], old["iaqi_so2"], old["status"]) == ("900", "45", "45", "valid")
    new = indexed(tmp_path, rows, "--period", "hour", "--edition", "hj633-2026")[-1]
    assert (new["iaqi_so2"], new["aqi"], new["primary"]) == ("200", "200", "so2")


def test_incomplete_day_is_published_above_100_alone(tmp_path: Path) -> None:
    low, high = (indexed(tmp_path, a_day(co="", no2=no2))[0] for no2 in (80, 82))
    assert (low["aqi"], low["level"], low["primary"], low["status"], low["iaqi_no2"]) == ("", "", "", "NA", "100")
    assert (high["aqi"], high["level"], high["primary"], high["status"]) == ("101", "3", "no2", "partial")


def test_primary_pollutants_are_joined_in_order(tmp_path: Path) -> None:
    (line,) = indexed(tmp_path, a_day(pm2_5=60, pm10=120, no2=80, co=4, o3=160, so2=150))
    assert (line["aqi"], line["primary"]) == ("100", "pm2_5+pm10+so2+no2+co+o3")


def test_mean_is_rounded_half_to_even_once(tmp_path: Path) -> None:
    """60.5 is 60, and 0.85 mg/m3 of CO 0.8: a tie in decimals, and not in binary."""
    rows = [*a_day(count=12, pm2_5=60, co=0.8), *a_day("2026-06-01T12:00", 12, pm2_5=61, co=0.9)]
    (line,) = indexed(tmp_path, rows)
    assert (line["pm2_5_24h"], line["co_24h"], line["iaqi_co"]) == ("60", "0.8", "20")


def test_units_are_converted_exactly(tmp_path: Path) -> None:
    rows = [
        {"time": row["time"], "PM2.5": 30, "co_ugm3": 2200, "pm10_ngm3": 50000, "so2": 8, "no2": 25, "ozone": 60}
        for row in a_day()
    ]
    (line,) = indexed(tmp_path, rows, "--station", "x", "--map", "ozone=o3:ugm3")
    assert (line["station"], line["co_24h"], line["iaqi_co"], line["o3_8h_max"]) == ("x", "2.2", "55", "60")
    assert (line["pm2_5_24h"], line["pm10_24h"]) == ("30", "50")


def test_label_end_names_the_hour_by_its_end(tmp_path: Path) -> None:
    """24 rows from 01:00 to 00:00 are one day."""
    (line,) = indexed(tmp_path, hours("2026-06-01T01:00", 24), "--label", "end")
    assert (line["date"], line["status"]) == ("2026-06-01", "valid")


def test_bare_times_are_of_the_zone(tmp_path: Path) -> None:
    rows = [row | {"time": str(row["time"])[:16]} for row in hours("2026-06-01T00:00", 24)]
    assert [line["status"] for line in indexed(tmp_path, rows)] == ["valid"]
    assert [line["date"] for line in indexed(tmp_path, rows, "--zone", "Europe/Paris")] == ["2026-06-01"]


@pytest.mark.parametrize(
    ("day", "count", "valid"), [("1986-05-04", 23, True), ("1991-09-15", 25, True), ("1991-09-15", 19, False)]
)
def test_day_has_as_many_hours_as_the_clock_gave_it(tmp_path: Path, day: str, count: int, *, valid: bool) -> None:
    """China had daylight saving from 1986 to 1991: still 20 hours for a mean, and no hour of a neighbour."""
    rows = [
        *hours(f"{day}T00:00", count),
        *hours(f"{day[:-2]}{int(day[-2:]) + 1:02}T00:00", 24, pm2_5=200),
    ]
    first, second = indexed(tmp_path, rows)
    assert (first["date"], first["pm2_5_24h"]) == (day, "30" if valid else "")
    assert second["pm2_5_24h"] == "200"


def test_station_of_the_catalogue_has_its_own_zone(tmp_path: Path) -> None:
    """Others, and those without one, are in --zone."""
    zone = ZoneInfo("Asia/Tokyo")
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    stations = config / "stations/air.yaml"
    text = stations.read_text(encoding="utf-8")
    stations.write_text(text.replace("- id: air-01\n", "- id: air-01\n    zone: Asia/Tokyo\n", 1), encoding="utf-8")
    rows = [*hours("2026-06-01T00:00", 24, zone=zone), *hours("2026-06-01T00:00", 24, zone=zone, station="else")]
    assert [line["station"] for line in indexed(tmp_path, rows)] == ["air-01", "air-01", "else", "else"]
    assert [line["station"] for line in indexed(tmp_path, rows, config=config)] == ["air-01", "else", "else"]


def test_missing_days_are_there_and_say_so(tmp_path: Path) -> None:
    """A day without a row, and one of empty cells: NA, without a value."""
    rows = [
        *hours("2026-06-01T00:00", 24),
        *hours("2026-06-03T00:00", 24, **NOTHING),
        *hours("2026-06-04T00:00", 24),
    ]
    found = indexed(tmp_path, rows)
    assert [line["status"] for line in found] == ["valid", "NA", "NA", "valid"]
    for line in found[1:3]:
        assert set(line) == set(DAY_COLUMNS.split(","))
        assert all(not line[name] for name in line if name not in {"station", "date", "edition", "status"})


def test_missing_hours_are_there_and_say_so(tmp_path: Path) -> None:
    rows = [*hours("2026-06-01T05:00", 1), *hours("2026-06-01T08:00", 1)]
    found = indexed(tmp_path, rows, "--period", "hour")
    assert [line["begin"][11:13] for line in found] == ["05", "06", "07", "08"]
    assert [line["status"] for line in found] == ["valid", "NA", "NA", "valid"]


def test_long_silence_is_days_of_na(tmp_path: Path) -> None:
    """What came before it does not reach over it."""
    rows = [*hours("2025-01-01T00:00", 24), *hours("2026-06-01T00:00", 24)]
    found = indexed(tmp_path, rows)
    assert len(found) == 517
    assert [line["date"] for line in found if line["status"] != "NA"] == ["2025-01-01", "2026-06-01"]


def test_output_is_by_station_and_time_whatever_the_input(tmp_path: Path) -> None:
    one, other = (list(hours("2026-06-01T00:00", 120, station=station)) for station in ("b", "a"))
    by_station = indexed(tmp_path, [*one, *other])
    by_time = indexed(tmp_path, sorted([*one, *other], key=lambda row: str(row["time"])))
    assert by_station == by_time
    assert [line["station"] for line in by_station] == ["a"] * 5 + ["b"] * 5


def test_lines_of_a_station_with_a_comma_are_csv(tmp_path: Path) -> None:
    (line,) = indexed(tmp_path, a_day(station='x, "y"'))
    assert line["station"] == 'x, "y"'


def test_packed_files_in_and_out(tmp_path: Path) -> None:
    plain = indexed(tmp_path, a_day())
    packed = tmp_path / "in.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "in.csv").read_bytes()))
    target = tmp_path / "out.csv.gz"
    assert index("air", "--from", packed, "--to", target).exit_code == 0
    (tmp_path / "unpacked.csv").write_bytes(gzip.decompress(target.read_bytes()))
    assert lines(tmp_path / "unpacked.csv") == plain
