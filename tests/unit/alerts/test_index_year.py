"""`clearwarn index year` as it is typed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.hourly_files import hours, index, indexed


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    """Two stations' days about a change of year, as `index air` writes them: one is clean, one has smog at the end."""
    rows = [*hours("2024-12-30T00:00", 96, station="a"), *hours("2024-12-30T00:00", 72, station="b")]
    rows += list(hours("2025-01-02T00:00", 24, station="b", pm2_5=152))
    indexed(tmp_path, rows)
    return tmp_path / "out.csv"


def judged(file: Path, *words: str) -> list[dict[str, Any]]:
    result = index("year", "--from", file, "--json", *words)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_every_station_and_year_is_judged(daily: Path) -> None:
    found = judged(daily)
    assert [(one["subject"], one["year"], one["valid_days"], one["good_days"]) for one in found] == [
        ("a", 2024, 2, 2),
        ("a", 2025, 2, 2),
        ("b", 2024, 2, 2),
        ("b", 2025, 2, 1),
    ]
    assert found[3]["heavy_days"] == ["2025-01-02"]
    assert found[3]["levels"] == {"1": 1, "2": 0, "3": 0, "4": 0, "5": 1, "6": 0}
    assert found[3]["pollutants"]["pm2_5"]["mean"] == 91.0


def test_targets_say_what_is_left(daily: Path) -> None:
    (one,) = judged(daily, "--year", "2025", "--station", "b")
    good, mean, heavy = one["targets"]
    assert (good["standing"], good["days_allowed"], good["set_for_this_year"]) == ("open", 7, True)
    assert (mean["value"], mean["standing"], mean["rest_below"]) == (91.0, "open", 18.8)
    assert (heavy["standing"], heavy["value"]) == ("missed", 1.0)


def test_area_is_the_mean_of_its_stations(daily: Path) -> None:
    """30 and 152 are 91 together: bad, and not heavy."""
    (one,) = judged(daily, "--area", "bay", "--year", "2025")
    assert (one["subject"], one["good_days"], one["heavy_days"]) == ("bay", 1, [])
    assert one["pollutants"]["pm2_5"]["mean"] == 60.5


def test_area_of_too_few_stations_has_no_day(tmp_path: Path) -> None:
    """One of two is less than three quarters."""
    indexed(tmp_path, [*hours("2025-01-01T00:00", 48, station="a"), *hours("2025-01-01T00:00", 24, station="b")])
    (one,) = judged(tmp_path / "out.csv", "--area", "bay")
    assert (one["valid_days"], one["last"]) == (1, "2025-01-02")


def test_person_reads_both_languages(daily: Path) -> None:
    said = index("year", "--from", daily, "--station", "b", "--year", "2025").stdout
    said = " ".join(said.split())  # of lines as wide as the terminal
    for part in (
        "b 2025",
        "valid days 有效天数: 2 of 365",
        "good days 优良天数: 1 = 50.0 %",
        "heavy pollution 重污染: 1 days (2025-01-02)",
        "open 尚可达成 50.0 against > 97.8 %; in the 363 days left 其余 363 天: at most 7 bad 超标",
        "the 363 days left 其余 363 天: must average below 均值须低于 18.8",
        "missed 未达成 1 against <= 0 days",
    ):
        assert part in said


def test_packed_file_is_read(daily: Path) -> None:
    packed = daily.with_name("days.csv.gz")
    packed.write_bytes(gzip.compress(daily.read_bytes()))
    assert judged(packed) == judged(daily)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("o3_8h_max,", "o3_9h_max,", "out.csv:1: no column o3_8h_max: want a file that"),
        ("2024-12-31", "2024-12-30", "out.csv:3: 2024-12-30 of station a is there twice"),
        ("2024-12-31", "31.12.2024", "out.csv:3: not a date and concentrations: 31.12.2024"),
        ("30,50,8", "30,x,8", "out.csv:2: not a date and concentrations"),
        ("30,50,8", "30,nan,8", "out.csv:2: not a date and concentrations"),
        ("30,50,8", "30,-1,8", "out.csv:2: not a date and concentrations"),
        ("a,2024-12-30", "a,b,2024-12-30", "out.csv:2: 22 cells, the header has 21"),
    ],
)
def test_file_of_another_kind_is_refused_with_its_line(daily: Path, right: str, wrong: str, said: str) -> None:
    text = daily.read_text(encoding="utf-8")
    assert right in text
    daily.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    result = index("year", "--from", daily)
    assert result.exit_code == 2
    assert said in result.stderr


def test_what_is_not_there_is_named(daily: Path) -> None:
    stranger = index("year", "--from", daily, "--station", "c")
    assert (stranger.exit_code, "no station c (it has a, b)" in stranger.stderr) == (2, True)
    nothing = index("year", "--from", daily, "--year", "1999")
    assert (nothing.exit_code, "look at --year" in nothing.stderr) == (2, True)
    daily.write_bytes(b"station,date\n\xff\xfe\n")
    assert "is not UTF-8" in index("year", "--from", daily).stderr
    daily.with_suffix(".gz").write_bytes(b"no gzip")
    assert "cannot be read" in index("year", "--from", daily.with_suffix(".gz")).stderr
