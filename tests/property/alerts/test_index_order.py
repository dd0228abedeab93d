"""Laws of `clearwarn index air`: what comes out does not depend on the order of what goes in."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hourly_files import AIR, Hour, hours, indexed

VALUES = st.one_of(st.just(""), st.integers(0, 900), st.decimals(0, 900, places=1).map(str))


@st.composite
def files(draw: st.DrawFn) -> list[Hour]:
    """Two stations over three days, with holes."""
    rows = []
    for station in ("a", "b"):
        for row in hours("2026-02-27T00:00", 72, station=station):
            if draw(st.integers(0, 9)):
                seed = draw(st.integers(0, 1000))
                given_: dict[str, Any] = {name: (seed * 7 + place * 131) % 400 for place, name in enumerate(AIR)}
                given_["co"] = seed % 80 / 10
                given_[draw(st.sampled_from(list(AIR)))] = draw(VALUES) if draw(st.booleans()) else ""
                rows.append(row | given_ | {"co": min(60, float(given_["co"] or 0))})
    return rows or list(hours("2026-02-27T00:00", 1))


@given(files(), st.randoms(use_true_random=False), st.sampled_from(["day", "hour"]))
@settings(max_examples=15)  # a whole pass over files each
def test_order_and_repetition_change_nothing(rows: list[Hour], chance: random.Random, period: str) -> None:
    """Within the lateness (here: all of it), to the last byte of the file."""
    with tempfile.TemporaryDirectory() as folder:
        whole = indexed(Path(folder), rows, "--period", period)
        shuffled = [*rows, *rows[:10]]
        chance.shuffle(shuffled)
        assert indexed(Path(folder), shuffled, "--period", period) == whole


@given(files())
@settings(max_examples=15)  # a whole pass over files each
def test_line_holds_together(rows: list[Hour]) -> None:
    """What is published, and when, by the line alone."""
    with tempfile.TemporaryDirectory() as folder:
        for line in indexed(Path(folder), rows):
            needed = [
                "pm2_5",
                "pm10",
                "so2",
                "no2",
                "co",
                "o3_8h",
                *(["o3_1h"] if line["edition"] == "hj633-2012" else []),
            ]
            indices = {name: line[f"iaqi_{name}"] for name in needed}
            highest = max((int(index) for index in indices.values() if index), default=0)
            over = line["edition"] == "hj633-2012" and line["o3_8h_max"] and not line["iaqi_o3_8h"]
            complete = all(indices.values()) or (over and all(v for k, v in indices.items() if k != "o3_8h"))
            expected = "valid" if complete else "partial" if highest > 100 else "NA"
            assert line["status"] == expected
            assert line["aqi"] == ("" if expected == "NA" else str(max(highest, int(line["edition"] == "hj633-2026"))))
            assert (line["level"] == "") == (expected == "NA")
            assert bool(line["primary"]) == (expected != "NA" and highest > 50)
