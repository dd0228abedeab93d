"""`clearwarn index air` and files that are not in order: every fault has a place, a reason and a way out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from alerts.air.figures import Judge
from tests.support.hourly_files import Hour, a_file, hours, index, lines

HEADER = "station,time,pm2_5,pm10,so2,no2,co,o3\n"


def a_day(**values: float | str) -> list[Hour]:
    return [row | values for row in hours("2026-06-01T00:00", 24)]


def run(folder: Path, source: Path, *words: str) -> Result:
    return index("air", "--from", source, "--to", folder / "out.csv", *words)


def left_alone(folder: Path) -> bool:
    """Whether nothing of the output is there, nor of what it is made from."""
    return [file.name for file in folder.iterdir() if file.name.startswith((".", "out"))] == []


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("x", "not_a_number"), ("1_0", "not_a_number"), ("nan", "not_finite"), ("-6", "range"), ("1e9", "range")],
)
def test_cell_that_says_no_concentration_is_told_and_missing(tmp_path: Path, cell: str, reason: str) -> None:
    """With file and line; the rest of the row holds. Out of the catalogue's range, intake flags it `fail`."""
    rows = a_day()
    rows[4]["pm2_5"] = cell
    result = run(tmp_path, a_file(tmp_path, rows), "--json")
    assert result.exit_code == 0
    assert f"in.csv:6: {reason}: pm2_5 '{cell}'" in result.stderr
    assert json.loads(result.stdout)["refused"] == {reason: 1}
    assert [line["status"] for line in lines(tmp_path / "out.csv")] == ["valid"]


def test_bad_cell_is_refused_each_time(tmp_path: Path) -> None:
    """Five of them leave 19 hours."""
    rows = a_day()
    for row in rows[:5]:
        row["pm2_5"] = "x"
    result = run(tmp_path, a_file(tmp_path, rows), "--json")
    assert json.loads(result.stdout)["refused"] == {"not_a_number": 5}
    assert [line["pm2_5_24h"] for line in lines(tmp_path / "out.csv")] == [""]


def test_value_a_little_below_zero_counts_and_is_reported_as_zero(tmp_path: Path) -> None:
    assert run(tmp_path, a_file(tmp_path, a_day(so2=-3))).exit_code == 0
    (line,) = lines(tmp_path / "out.csv")
    assert (line["so2_24h"], line["iaqi_so2"], line["status"]) == ("0", "0", "valid")


def test_row_without_time_or_station_is_told(tmp_path: Path) -> None:
    rows = [*a_day(), {**a_day()[0], "time": "yesterday"}, {**a_day()[0], "station": " "}]
    rows.append({**a_day()[0], "time": "0001-01-01T00:00:00+08:00"})
    file = a_file(tmp_path, rows)
    file.write_text(file.read_text(encoding="utf-8") + "air-01\n", encoding="utf-8")
    result = run(tmp_path, file, "--json")
    assert json.loads(result.stdout)["refused"] == {"bad_time": 2, "no_station": 1, "short_line": 1}
    for place in ("in.csv:26: bad_time", "in.csv:27: no_station", "in.csv:28: bad_time", "in.csv:29: short_line"):
        assert place in result.stderr


def test_rows_that_are_not_hourly_are_refused_whole(tmp_path: Path) -> None:
    """Half of a half-hourly file would pass for hourly means."""
    rows = a_day()
    rows[7]["time"] = "2026-06-01T07:30:00+08:00"
    result = run(tmp_path, a_file(tmp_path, rows))
    assert result.exit_code == 2
    assert "in.csv:9: 2026-06-01T07:30:00+08:00 is not the beginning of an hour" in result.stderr
    assert left_alone(tmp_path)


def test_rows_far_out_of_order_are_refused_whole(tmp_path: Path) -> None:
    """A day that is settled would be wrong; one time from the future makes all that follow late. Both are named."""
    rows = list(hours("2026-06-01T00:00", 100))
    rows[3]["time"] = "2062-06-01T03:00:00+08:00"
    result = run(tmp_path, a_file(tmp_path, rows))
    assert result.exit_code == 2
    assert (
        "in.csv:6: 2026-06-01T04:00:00+08:00 of station air-01 comes more than 72 h after its line 5" in result.stderr
    )
    assert "sort the file by time, or correct that line" in result.stderr
    assert left_alone(tmp_path)


def test_earlier_start_within_the_lateness_is_taken(tmp_path: Path) -> None:
    """The first row of a file need not be the first of its station."""
    rows = list(hours("2026-06-01T00:00", 72))
    assert run(tmp_path, a_file(tmp_path, [*rows[60:], *rows[:60]])).exit_code == 0
    assert [line["status"] for line in lines(tmp_path / "out.csv")] == ["valid"] * 3
    assert run(tmp_path, a_file(tmp_path, [rows[71], *hours("2026-05-29T22:00", 1)])).exit_code == 2


def test_hour_that_is_there_twice_is_corrected_by_the_last(tmp_path: Path) -> None:
    """Repeated alike it is only counted; an empty cell takes nothing back."""
    rows = [*a_day(), *a_day()[:2]]
    rows += [{**a_day()[5], "pm2_5": 270, "o3": ""}]
    result = run(tmp_path, a_file(tmp_path, rows), "--json")
    summary = json.loads(result.stdout)
    assert (summary["repeated"], summary["corrected"], summary["rows"]) == (2, 1, 27)
    assert "in.csv:28: corrected: 2026-06-01T05:00:00+08:00 of station air-01" in result.stderr
    (line,) = lines(tmp_path / "out.csv")
    assert (line["pm2_5_24h"], line["o3_8h_max"]) == ("40", "60")


@pytest.mark.parametrize(("day", "hours_held"), [("1986-05-04", 23), ("1991-09-15", 24)])
def test_bare_times_of_the_day_the_clock_was_moved(tmp_path: Path, day: str, hours_held: int) -> None:
    """Without offsets the hour that was skipped, or came twice, is that beside it: told, and none is made up."""
    rows = [{**a_day()[0], "time": f"{day}T{hour:02}:00", "pm2_5": 30 + hour} for hour in range(24)]
    if hours_held == 24:
        rows.insert(2, {**rows[1], "pm2_5": 99})  # 01:00 came twice
    result = run(tmp_path, a_file(tmp_path, rows), "--json", "--period", "hour")
    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    assert (summary["corrected"], summary["rows"] - summary["corrected"]) == (1, hours_held)
    assert sum(line["pm2_5"] != "" for line in lines(tmp_path / "out.csv")) == hours_held


def test_many_corrections_are_only_counted(tmp_path: Path) -> None:
    result = run(tmp_path, a_file(tmp_path, [*a_day(), *a_day(pm2_5=31)]))
    assert result.stderr.count(": corrected:") == 20
    assert "more of these are only counted" in result.stderr
    assert "24 corrected" in result.stderr


def test_pollutant_without_a_column_is_named(tmp_path: Path) -> None:
    """It is missing: the AQI is NA unless above 100."""
    rows = [{name: value for name, value in row.items() if name != "o3"} for row in a_day()]
    result = run(tmp_path, a_file(tmp_path, rows))
    assert "no column is o3: missing throughout (see --map)" in result.stderr
    assert [line["status"] for line in lines(tmp_path / "out.csv")] == ["NA"]


def _packed_short(folder: Path) -> Path:
    file = folder / "in.csv.gz"
    file.write_bytes(gzip.compress(a_file(folder, a_day()).read_bytes())[:-20])
    return file


def _packed_wrong(folder: Path) -> Path:
    file = folder / "in.csv.gz"
    packed = bytearray(gzip.compress(a_file(folder, a_day()).read_bytes()))
    packed[40] ^= 0xFF
    file.write_bytes(packed)
    return file


def _written(text: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        file = folder / "in.csv"
        file.write_text(text, encoding=encoding)
        return file

    return write


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_packed_short, "cannot be read"),
        (_packed_wrong, "cannot be read"),
        (_written(""), "is empty"),
        (_written(HEADER), "no row is left to work on"),
        (_written("station,time,temp\na,2026-06-01T00:00,3\n"), "no column is one of pm2_5, pm10"),
        (_written("time,pm2_5\n2026-06-01T00:00,3\n"), "no station column"),
        (_written("station,pm2_5\na,3\n"), "no time column"),
        (
            _written(HEADER + "a,2026-06-01T00:00,1,1,1,1,1,1\n污染,2026-06-01T00:00,1,1,1,1,1,1\n", "gbk"),
            "in.csv:3: is not UTF-8",
        ),
        (_written(HEADER + 'a,"' + "x" * 140_000 + '",1,1,1,1,1,1\n'), "is not CSV"),
    ],
)
def test_file_that_cannot_be_worked_on_is_named(tmp_path: Path, make: Callable[[Path], Path], said: str) -> None:
    """Exit 2, no output."""
    result = run(tmp_path, make(tmp_path))
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert left_alone(tmp_path)


def test_output_before_stays_when_it_fails(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("kept", encoding="utf-8")
    assert run(tmp_path, _packed_short(tmp_path)).exit_code == 2
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "kept"


def test_interrupted_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Judge, "day_report", interrupted)
    assert run(tmp_path, a_file(tmp_path, a_day())).exit_code != 0
    assert left_alone(tmp_path)


def test_output_keeps_the_rights_of_what_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "out.csv").touch()
    (tmp_path / "out.csv").chmod(0o640)
    assert run(tmp_path, a_file(tmp_path, a_day())).exit_code == 0
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o640


def test_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """And not the input."""
    target = tmp_path / "none/out.csv"
    result = index("air", "--from", a_file(tmp_path, a_day()), "--to", target)
    assert result.exit_code == 1
    assert f"error: {target}: cannot be written: No such file or directory" in result.stderr


def test_output_is_not_its_own_input(tmp_path: Path) -> None:
    file = a_file(tmp_path, a_day())
    result = index("air", "--from", file, "--to", file)
    assert (result.exit_code, "--to is the file of --from" in result.stderr) == (2, True)
    assert file.read_text(encoding="utf-8").startswith("station,time")


def test_output_may_be_the_terminal(tmp_path: Path) -> None:
    result = index("air", "--from", a_file(tmp_path, a_day()), "--to", "-")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith("air-01,2026-06-01,")
    both = index("air", "--from", tmp_path / "in.csv", "--to", "-", "--json")
    assert (both.exit_code, "both want standard output" in both.stderr) == (2, True)


def test_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path, a_file(tmp_path, a_day()), "--zone", "Asia/Nowhere")
    assert (result.exit_code, "no such time zone: 'Asia/Nowhere'" in result.stderr) == (2, True)


def test_summary_counts_lines_by_status(tmp_path: Path) -> None:
    result = run(tmp_path, a_file(tmp_path, [*hours("2026-06-01T00:00", 48)]))
    assert "48 rows of 1 stations, 2026-06-01 to 2026-06-02: 2 lines (2 valid)" in result.stderr
