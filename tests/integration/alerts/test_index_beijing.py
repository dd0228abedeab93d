"""`clearwarn index air` over sixteen months of twelve real stations, against an independent working-out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import pandas_air
from tests.support.hourly_files import index, lines
from tests.support.recorded import recorded


@pytest.mark.timeout(300)
@pytest.mark.parametrize("edition", ["auto", "hj633-2026"])
def test_every_station_day_of_beijing_is_the_reference_s(tmp_path: Path, edition: str) -> None:
    """All 5832 of them, every column as text."""
    file = recorded("air_beijing12_hourly_20151101_20170228.csv.gz")
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
