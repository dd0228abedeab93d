"""Laws of conversion and of replay order."""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.periods import Period
from device_sim.replay import units
from device_sim.replay.recording import load
from device_sim.replay.steps import Counts, Label, steps
from device_sim.replay.table import Choice, Refused
from tests.support.district import catalog_of

CATALOG = catalog_of()
SHIFTS = {("ugm3", "mgm3"): -3, ("ngm3", "ugm3"): -3, ("kpa", "hpa"): 1, ("ugl", "mgl"): -3, ("mscm", "uscm"): 3}
NUMBERS = st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False, places=5)


@given(NUMBERS, st.sampled_from(sorted(SHIFTS)))
def test_decimal_conversion_is_exact(number: Decimal, pair: tuple[str, str]) -> None:
    """The float nearest to the true decimal result: no error of a factor like 0.001 comes in."""
    convert = units.conversion(units.UNITS[pair[0]], units.UNITS[pair[1]])
    assert convert is not None
    assert convert(str(number)) == float(number.scaleb(SHIFTS[pair]))


@given(NUMBERS, st.sampled_from(sorted(units.UNITS)), st.sampled_from(sorted(units.UNITS)))
def test_conversion_there_and_back_is_the_same(number: Decimal, one: str, other: str) -> None:
    """Between units of one quantity; between quantities there is none."""
    there = units.conversion(units.UNITS[one], units.UNITS[other])
    back = units.conversion(units.UNITS[other], units.UNITS[one])
    assert (there is None) == (units.UNITS[one].quantity is not units.UNITS[other].quantity)
    if there is not None and back is not None:
        assert back(repr(there(str(number)))) == pytest.approx(float(number), rel=1e-12, abs=1e-9)


@given(st.text(max_size=12))
def test_a_cell_becomes_a_number_or_a_value_error(cell: str) -> None:
    """Nothing else is raised, whatever stands there."""
    for pair in SHIFTS:
        convert = units.conversion(units.UNITS[pair[0]], units.UNITS[pair[1]])
        assert convert is not None
        try:
            assert isinstance(convert(cell), float)
        except (ValueError, OverflowError):
            continue


ROWS = st.lists(st.tuples(st.sampled_from(["air-01", "air-02", "air-03"]), st.integers(0, 50)), min_size=1, unique=True)


@given(ROWS, st.integers(0, 2**16))
def test_replay_is_in_order_of_time_whatever_the_files_order(rows: list[tuple[str, int]], seed: int) -> None:
    """Every row once, times never go back, each step's clock is before its readings."""
    random.Random(seed).shuffle(rows)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    lines = [f"{(start + timedelta(hours=hour)).isoformat()},{station},{hour}" for station, hour in rows]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f.csv"
        file.write_text("\n".join(["time,station,pm2_5", *lines]))
        refused = Refused(pytest.fail)
        choice = Choice(zone=ZoneInfo("UTC"))
        recording = load(
            [file], catalog=CATALOG, choice=choice, overrides=[], kind=None, refused=refused, tell=pytest.fail
        )
    found = list(steps(recording, period=Period.HOUR, label=Label.START, clock=True, refused=refused, counts=Counts()))
    assert [step.due for step in found] == sorted({start + timedelta(hours=hour + 1) for _, hour in rows})
    assert sum(step.rows for step in found) == len(rows)
    for step in found:
        topics = [dispatch.topic for dispatch in step.dispatches]
        assert topics[0] == "clearwarn/v1/clock"
        assert topics.count("clearwarn/v1/clock") == 1
        assert all(dispatch.due == step.due for dispatch in step.dispatches)
