"""Outfalls by examples: hours, days, loads, cold water, no discharge, late readings, cases."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from alerts.errors import ConfigurationError
from alerts.outfall.model import CaseEvent
from alerts.standards.amounts import exact
from alerts.standards.discharge import DischargeLimit
from alerts.standards.discharge_files import load_discharge_standards
from tests.support.bundles import bundled
from tests.support.outfalls import DAY, a_network, fed, hours, last_words, sent
from tests.support.rules import CONFIG, ASample

STANDARDS = load_discharge_standards(CONFIG / "standards")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONE = DAY + HOUR
MIDNIGHT = DAY + timedelta(days=1)


def words(samples: Sequence[ASample]) -> dict[tuple[str, str], float]:
    """What is said of the first hour and of the day."""
    indices, _ = fed(a_network(), samples)
    return {
        (name, period): value
        for (name, period, at), value in last_words(indices).items()
        if at == (ONE if period == "1h" else MIDNIGHT)
    }


Row = Mapping[str, float | None]


def ten_minutes(values: Sequence[Row]) -> list[ASample]:
    """Messages of the first hour, and one that ends it."""
    found = [one for number, row in enumerate(values, 1) for one in sent(number * 10 * MINUTE, row)]
    return found + sent(70 * MINUTE, {"cod": 1.0})


def test_hour_of_ten_minutes_is_weighted_by_flow() -> None:
    """(40 x 10 + 5 x 100 x 10) / 50, and not the plain mean of 80."""
    rows: list[Row] = [{"cod": 40.0, "flow": 10.0}, *[{"cod": 100.0, "flow": 10.0}] * 4, {"cod": 60.0, "flow": 50.0}]
    assert words(ten_minutes(rows))["cod_mean", "1h"] == pytest.approx((400 + 4000 + 3000) / 100)
    plain: list[Row] = [{"cod": row["cod"]} for row in rows]
    assert words(ten_minutes(plain))["cod_mean", "1h"] == pytest.approx(500 / 6, abs=1e-6)


def test_stretch_without_discharge_exceeds_nothing() -> None:
    """What stands in the pipe is not discharged; an hour without any is known and exceeds nothing."""
    rows: list[Row] = [*[{"cod": 400.0, "flow": 0.0}] * 3, *[{"cod": 40.0, "flow": 10.0}] * 3]
    assert words(ten_minutes(rows))["cod_of_limit", "1h"] == pytest.approx(0.8)
    idle = words(ten_minutes([{"cod": 400.0, "flow": 0.0}] * 6))
    assert idle["cod_of_limit", "1h"] == 0.0
    assert ("cod_mean", "1h") not in idle


def test_hour_needs_45_minutes_that_count() -> None:
    rows: list[Row] = [{"cod": 60.0}] * 5
    assert words(ten_minutes(rows))["cod_of_limit", "1h"] == pytest.approx(1.2)
    assert ("cod_of_limit", "1h") not in words(ten_minutes(rows[:4]))
    maintained = [one for number in range(1, 7) for one in sent(number * 10 * MINUTE, {"cod": 400.0}, flag=4)]
    assert ("cod_of_limit", "1h") not in words([*maintained, *sent(70 * MINUTE, {"cod": 1.0})])


def test_own_hour_of_the_device_wins() -> None:
    """And does not mix with what is finer."""
    samples = ten_minutes([{"cod": 60.0}] * 6)
    assert words([*samples, *sent(HOUR, {"cod": 45.0}, period="1h")])["cod_mean", "1h"] == 45.0


def test_load_is_the_water_times_what_is_in_it() -> None:
    """20 L/s for 24 h are 1728 m3; with 30 mg/L in it 51.84 kg."""
    found = words(hours([{"cod": 30.0, "flow": 20.0}] * 25))
    assert found["cod_load", "1d"] == pytest.approx(51.84)
    assert found["cod_of_limit", "1d"] == pytest.approx(0.6)
    assert ("cod_load", "1d") not in words(hours([{"cod": 30.0}] * 25))


def test_own_hour_exceeds_nothing_while_finer_flow_says_that_no_water_runs() -> None:
    """A device may send concentrations by the hour and flow by the minute."""
    for flow, share in ((0.0, 0.0), (10.0, 8.0)):
        still = [one for n in range(1, 7) for one in sent(n * 10 * MINUTE, {"flow": flow})]
        assert words([*still, *sent(HOUR, {"cod": 400.0}, period="1h")])["cod_of_limit", "1h"] == share
    few = [one for n in range(1, 4) for one in sent(n * 10 * MINUTE, {"flow": 0.0})]
    assert words([*few, *sent(HOUR, {"cod": 400.0}, period="1h")])["cod_of_limit", "1h"] == 8.0


def test_cold_water_has_another_limit_of_ammonia() -> None:
    """8 in place of 5 mg/L at 12 degC; where the temperature is not known, 5."""
    for temperature, share in ((12.0, 6 / 8), (12.1, 6 / 5), (None, 6 / 5)):
        found = words(hours([{"nh3_n": 6.0, "flow": 10.0, "temp": temperature}] * 25))
        assert found["nh3_n_of_limit", "1d"] == pytest.approx(share)
        assert found["nh3_n_of_limit", "1h"] == pytest.approx(share)


def test_day_needs_twenty_hours_that_count() -> None:
    """Hours without discharge count: an intermittent discharger has valid days."""
    rows: list[Row] = [*[{"cod": 60.0, "flow": 10.0}] * 6, *[{"cod": 60.0, "flow": 0.0}] * 19]
    _, [case] = fed(a_network(), hours(rows))
    assert (case.value, case.hours) == (exact(60), 24)
    _, none = fed(a_network(), hours([*[{"cod": 60.0, "flow": 10.0}] * 19, *[None] * 5, {"cod": 1.0}]))
    assert none == []


def test_hour_above_the_limit_opens_no_case_and_a_day_does() -> None:
    """The standards judge daily means: an hour is a warning."""
    rows: list[Row] = [*[{"cod": 120.0, "flow": 1.0}] * 2, *[{"cod": 20.0, "flow": 10.0}] * 23]
    indices, cases = fed(a_network(), hours(rows))
    assert max(value for (name, period, _), value in last_words(indices).items() if period == "1h") == 2.4 * 50
    assert cases == []
    _, [case] = fed(a_network(), hours([{"cod": 51.0, "flow": 10.0}] * 25))
    assert (case.event, case.day, case.outfall, case.station) == (CaseEvent.OPENED, date(2026, 4, 1), "XL-1", "out")
    assert (case.limit, case.basis, case.load) == (exact(50), "permit 1", exact(51 * 0.864))


def test_late_readings_revise_and_withdraw_a_case() -> None:
    """A correction takes the ground away: the case says so, for a person to decide."""
    network = a_network()
    _, opened = fed(network, hours([{"cod": 51.0, "flow": 10.0}] * 25))
    _, revised = fed(network, sent(3 * HOUR, {"cod": 60.0}, period="1h"))
    _, withdrawn = fed(network, [one for n in range(1, 5) for one in sent(n * HOUR, {"cod": 20.0}, period="1h")])
    assert [case.event for case in opened + revised] == [CaseEvent.OPENED, CaseEvent.REVISED]
    assert [case.event for case in withdrawn][-1] == CaseEvent.WITHDRAWN
    assert len({case.id for case in opened + revised + withdrawn}) == 1


def test_readings_of_the_future_and_of_long_ago_move_no_window() -> None:
    network = a_network()
    fed(network, hours([{"cod": 51.0}] * 2))
    now = DAY + 2 * HOUR
    future = sent(50 * HOUR, {"cod": 99.0}, period="1h")
    odd = sent(HOUR + MINUTE, {"cod": 99.0}, period="1h")
    assert network.feed(bundled([*future, *odd]), now) == ([], [])
    fed(network, hours([None] * 240 + [{"cod": 1.0}]))
    assert network.feed(bundled(sent(HOUR, {"cod": 99.0}, period="1h")), DAY + 241 * HOUR) == ([], [])
    assert network.unused == {"outfall_too_late": 1, "outfall_off_hour": 1, "outfall_future": 1}


def test_a_long_silence_is_stepped_over() -> None:
    """The day before it is closed, nothing is said of what is between, and the windows go on after it."""
    network = a_network()
    before, after = [{"cod": 51.0, "flow": 1.0}] * 22, [{"cod": 52.0, "flow": 1.0}] * 60
    _, cases = fed(network, hours([*before, *[None] * 20_000, *after]))
    assert [case.day for case in cases] == [date(2026, 4, 1), date(2028, 7, 14)]
    assert len(dict(network.snapshot()["stations"])["out"]["readings"]["cells"]["1h"][1]) < 140


def test_limits_are_the_permits_and_else_the_standards() -> None:
    permitted = {"cod": DischargeLimit(exact(60), exact(40), None, "permit 1")}
    limits = STANDARDS.limits(permitted, standard="GB18918-2002", grade="1A")
    assert (limits["cod"].of_hour(cold=False), limits["cod"].of_day(cold=True)) == (exact(60), exact(40))
    assert (limits["nh3_n"].of_day(cold=False), limits["nh3_n"].of_day(cold=True)) == (exact(5), exact(8))
    assert (limits["tp"].day, limits["tp"].basis) == (exact(0.5), "GB18918-2002 1A")
    assert "ph" not in limits
    assert "nh3_n" not in STANDARDS.limits({}, standard="GB18918-2002", grade="3")
    assert STANDARDS.limits(permitted, standard=None, grade=None) == permitted
    assert STANDARDS.limits(permitted, standard="GB4287-2012", grade=None) == permitted
    assert STANDARDS.knows("GB18918-2002", "1A")
    assert not STANDARDS.knows("GB18918-2002", "0")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("discharge_limits.yaml", "limits: [50, 60, 100, 120]", "limits: [50, 60]", "2 limits for 4 grades"),
        (
            "discharge_limits.yaml",
            "limits: [50, 60, 100, 120]",
            "range: [6, 9], limits: [1, 1, 1, 1]",
            "range or limits",
        ),
        ("outfall_method.yaml", "hours_a_day: 20", "hours_a_day: 25", "less than or equal to 24"),
    ],
)
def test_table_that_cannot_be_right_is_refused(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    shutil.copytree(CONFIG / "standards", tmp_path / "standards")
    text = (tmp_path / "standards" / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "standards" / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        load_discharge_standards(tmp_path / "standards")
