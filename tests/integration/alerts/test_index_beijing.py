"""`clearwarn index air` over sixteen months of twelve real stations: against a second working-out, and the service."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.model import Reading
from tests.support import pandas_air
from tests.support.air_windows import (
    NAMES,
    SHANGHAI,
    Standing,
    a_message,
    an_air_network,
    an_air_station,
    fed,
    standing,
)
from tests.support.hourly_files import index, lines
from tests.support.recorded import recorded

BEIJING = "air_beijing12_hourly_20151101_20170228.csv.gz"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("edition", ["auto", "hj633-2026"])
def test_every_station_day_of_beijing_is_the_reference_s(tmp_path: Path, edition: str) -> None:
    """All 5832 of them, every column as text."""
    file = recorded(BEIJING)
    result = index("air", "--from", file, "--to", tmp_path / "out.csv", "--edition", edition)
    assert result.exit_code == 0, result.output
    found = lines(tmp_path / "out.csv")
    expected = pandas_air.daily(pandas_air.hours_of(file), edition)
    assert len(found) == len(expected) == 12 * 486
    wrong = [
        (line["station"], line["date"], name, line[name], reference[name])
        for line, reference in zip(found, expected, strict=True)
        for name in pandas_air.COLUMNS
        if line[name] != reference[name]
    ]
    assert wrong == []
    assert tuple(found[0]) == pandas_air.COLUMNS


def test_year_counts_the_days_of_the_file(tmp_path: Path) -> None:
    """Its AQIs, worked out anew from the concentrations, are those of the daily lines, station by station."""
    target = tmp_path / "out.csv"
    assert index("air", "--from", recorded(BEIJING), "--to", target).exit_code == 0
    counted: Counter[tuple[str, int, str]] = Counter()
    for line in lines(target):
        counted[line["station"], int(line["date"][:4]), line["level"] or "-"] += 1
    said = json.loads(index("year", "--from", target, "--json").stdout)
    assert len(said) == 36
    for one in said:
        for level, days in one["levels"].items():
            assert days == counted[one["subject"], one["year"], level], one["subject"]
        assert one["attained"] is not True


def december(station: str, *, until: str = "2017-01-03") -> Iterator[dict[str, str]]:
    """The rows of a station from 30 November 2016 on."""
    with gzip.open(recorded(BEIJING), "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["station"] == station and "2016-11-30" <= row["time"] < until:
                yield row


def message(row: dict[str, str]) -> list[Reading]:
    """As the device would have sent it."""
    values = {name: float(row[f"{name}_ugm3"]) if row[f"{name}_ugm3"] else None for name in NAMES}
    if values["co"] is not None:
        values["co"] /= 1000
    end = datetime.fromisoformat(row["time"]) + timedelta(hours=1)
    return a_message(end, values, station=row["station"])


def spoken(line: dict[str, str], period: str, instant: datetime, names: dict[str, str]) -> Standing:
    """A line's cells as the service's indices."""
    return {
        (line["station"], index_name, period, instant): (float(line[name]), 0)
        for name, index_name in names.items()
        if line[name]
    }


@pytest.mark.parametrize("station", ["Dongsi", "Huairou"])
def test_file_and_service_say_the_same(tmp_path: Path, station: str) -> None:
    """A month with its episodes, as a file and as messages: every index that both have, of every hour and day."""
    rows = list(december(station))
    file = tmp_path / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    network = an_air_network(an_air_station(id=station, zone=SHANGHAI))
    said = standing(fed(network, map(message, rows)))
    for period, span in (("day", "1d"), ("hour", "1h")):
        target = tmp_path / f"{period}.csv"
        assert index("air", "--from", file, "--to", target, "--period", period).exit_code == 0
        names = {name: name for name in lines(target)[0] if name.startswith(("iaqi_", "aqi"))}
        names |= {"pm2_5_24h": "pm2_5_24h", "pm10_24h": "pm10_24h", "so2_24h": "so2_24h"}
        names |= {"o3_8h_max": "o3_8h_max", "o3_1h_max": "o3_1h_max"} if period == "day" else {"o3_8h": "o3_8h"}
        expected: Standing = {}
        for line in lines(target):
            end = (
                line.get("end") or f"{datetime.fromisoformat(line['date']) + timedelta(days=1):%Y-%m-%d}T00:00:00+08:00"
            )
            expected |= spoken(line, span, datetime.fromisoformat(end), names)
        found = {key: (value, 0) for key, (value, _) in said.items() if key[1] in names.values() and key[2] == span}
        assert found == expected
        assert len(expected) > 300
