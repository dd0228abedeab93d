"""The golden file of December 2016: levels hour by hour through the whole chain, and counting by hand that agrees."""

from __future__ import annotations

import os

import pytest

from tests.support.beijing_levels import HEAD, beijing, levels
from tests.support.district import ROOT
from tests.support.recorded import recorded

GOLDEN = ROOT / "tests" / "golden" / "air" / "december-2016.txt"
REWRITE = "CLEARWARN_REWRITE_GOLDEN"  # set it, run this, read the difference, commit it


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    file = recorded("air_beijing12_hourly_20151101_20170228.csv.gz")
    return list(levels(file, beijing(tmp_path_factory.mktemp("beijing") / "config")))


def test_december_2016_is_as_it_was_reviewed(lines: list[str]) -> None:
    found = HEAD + "\n".join(lines) + "\n"
    if os.environ.get(REWRITE):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")
    assert len(lines) == 31 * 24


def test_december_2016_levels_follow_from_the_indices_by_the_rules_in_words(lines: list[str]) -> None:
    """Coloured levels again, by going down the column of the AQI, where a value is 24 h already."""
    above_200: int | None = None  # since which line
    above_150: int | None = None
    low: int | None = None
    standing, last = False, 0
    for hour, line in enumerate(lines):
        if line.split()[2] != "-":
            value = float(line.split()[2])
            assert hour - last <= 3, "a longer gap would begin all of it anew"
            last = hour
            above_200 = (hour if above_200 is None else above_200) if value > 200 else None
            above_150 = (hour if above_150 is None else above_150) if value > 150 else None
            low = (hour if low is None else low) if value <= 150 else None
            standing = standing and (low is None or hour - low < 36)
            long_200 = -1 if above_200 is None else hour - above_200
            long_150 = -1 if above_150 is None else hour - above_150
            standing = standing or long_200 >= 0 or long_150 >= 24
            red, orange = long_200 >= 48 and value > 300, long_200 >= 24 or long_150 >= 48
        assert line.split()[5] == ("red" if red else "orange" if orange else "yellow" if standing else "-"), line
