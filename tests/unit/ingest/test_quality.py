"""Each verdict of quality."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.catalog import Parameter
from ingest.model import Flag, Kind
from ingest.quality import SKEW, Limits, judge, timing
from ingest.series import Arrival, Series
from tests.support.ingest import HOUR, NOW, a_parameter, micros, the_station

PLAIN = a_parameter()
FLAT = a_parameter(flat={"suspect_hours": 4, "fail_hours": 8})
STEP = a_parameter(spike={"step": 100})
FACTOR = a_parameter(spike={"factor": 3, "floor": 100})

Verdict = tuple[int, str]
PASS = (Flag.PASS, "")


class Judge:
    """Judges values of one series as they come, each received as soon as its instant is reached."""

    def __init__(self, parameter: dict[str, Any], **station: Any) -> None:
        self.station = the_station(**station)
        self.limits = Limits.of(Parameter.model_validate(parameter), self.station)
        self.series = Series()

    def __call__(
        self, value: float | None, instant: datetime = NOW, *, mark: str = "N", now: datetime | None = None
    ) -> Verdict:
        return self.arrival(value, instant, mark=mark, now=now)[0]

    def arrival(
        self, value: float | None, instant: datetime = NOW, *, mark: str = "N", now: datetime | None = None
    ) -> tuple[Verdict, Arrival]:
        when = timing(micros(instant), micros(now or instant), self.station.lateness // timedelta(microseconds=1))
        return judge(self.limits, self.series, micros(instant), value, mark, when)

    def hourly(self, values: Sequence[float | None], start: datetime = NOW) -> list[Verdict]:
        return [self(value, start + number * HOUR) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (35.0, PASS),
        (-0.4, PASS),  # an analyser near zero
        (-5.0, PASS),
        (1000.0, PASS),
        (-5.01, (Flag.FAIL, "range")),
        (1000.1, (Flag.FAIL, "range")),
        (9999.0, (Flag.FAIL, "range")),
        (None, (Flag.MISSING, "no_value")),
    ],
)
def test_quality_value_is_held_against_its_range(value: float | None, verdict: Verdict) -> None:
    """Both ends belong to it."""
    assert Judge(PLAIN)(value) == verdict


@pytest.mark.parametrize(
    ("mark", "verdict"),
    [
        ("N", PASS),
        ("D", (Flag.FAIL, "mark_fault")),
        ("M", (Flag.FAIL, "mark_maintenance")),
        ("C", (Flag.FAIL, "mark_calibration")),
        ("F", (Flag.MISSING, "mark_stopped")),
        ("S", (Flag.SUSPECT, "mark_manual")),
        ("T", (Flag.SUSPECT, "mark_over_range")),
        ("B", (Flag.MISSING, "mark_communication")),
    ],
)
def test_quality_believes_the_mark_of_the_device(mark: str, verdict: Verdict) -> None:
    """First of all, whatever the value."""
    assert Judge(PLAIN)(35.0, mark=mark) == verdict
    assert Judge(PLAIN)(99_999.0, mark=mark)[1] == (verdict[1] or "range")


@pytest.mark.parametrize(
    ("instant", "reason"),
    [
        (NOW.replace(year=1), "late"),
        (NOW.replace(year=1970), "late"),
        (NOW - 72 * HOUR - timedelta(seconds=1), "late"),
        (NOW - 72 * HOUR, ""),
        (NOW, ""),
        (NOW + SKEW, ""),
        (NOW + SKEW + timedelta(seconds=1), "future"),
        (NOW.replace(year=2099), "future"),
        (NOW.replace(year=9999), "future"),
    ],
)
def test_quality_knows_late_and_future(instant: datetime, reason: str) -> None:
    """Late is unchecked, future has failed; a clock a little ahead is neither."""
    flag = {"late": Flag.UNCHECKED, "future": Flag.FAIL, "": Flag.PASS}[reason]
    assert Judge(PLAIN)(35.0, instant, now=NOW) == (flag, reason)


def test_quality_lateness_is_the_station_s() -> None:
    """Another station may be allowed less."""
    assert Judge(PLAIN, lateness="2h")(35.0, NOW - 3 * HOUR, now=NOW) == (Flag.UNCHECKED, "late")


def test_quality_future_reading_enters_no_memory() -> None:
    """A clock that was wrong neither hides nor flags what follows."""
    judged = Judge(STEP)
    assert judged(900.0, NOW + 10 * HOUR, now=NOW)[1] == "future"
    assert judged(10.0, NOW, now=NOW) == PASS
    assert judged.arrival(900.0, NOW + 10 * HOUR)[1] is Arrival.NEW
    assert judged.series.before(micros(NOW)) is None


def test_quality_spike_is_suspect_and_the_way_back_is_not() -> None:
    """One value stands out: it alone is suspect."""
    assert Judge(STEP).hourly([10, 12, 300, 11, 12]) == [PASS, PASS, (Flag.SUSPECT, "spike"), PASS, PASS]


def test_quality_level_shift_is_suspect_once() -> None:
    """A jump that stays is what the water or air now is."""
    assert Judge(STEP).hourly([10, 12, 300, 305, 310]) == [PASS, PASS, (Flag.SUSPECT, "spike"), PASS, PASS]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([30, 90], ""),  # three times, yet below the floor
        ([40, 119], ""),
        ([40, 121], "spike"),
        ([121, 40], "spike"),  # downwards too
        ([0, 101], "spike"),
        ([-3, 101], "spike"),
    ],
)
def test_quality_factor_counts_above_its_floor(values: list[float], reason: str) -> None:
    """Small numbers jump by nature."""
    assert Judge(FACTOR).hourly(values)[-1][1] == reason


def test_quality_spike_needs_a_neighbour_in_time() -> None:
    """Against a value more than two intervals ago nothing jumps; a missing one is passed over."""
    judged = Judge(STEP)
    assert judged(10.0) == PASS
    assert judged(300.0, NOW + 3 * HOUR) == PASS
    assert judged(None, NOW + 4 * HOUR)[1] == "no_value"
    assert judged(10.0, NOW + 5 * HOUR)[1] == "spike"


@pytest.mark.parametrize(
    ("maintained", "after", "reasons"),
    [
        ([900, 900], [12, 11], ["", ""]),  # the standard solution is no water
        ([900], [12, 11], ["", ""]),
        ([900], [300, 11], ["spike", ""]),  # against what was measured before it
        ([900] * 4, [300, 301], ["", ""]),  # of which nothing is near any more
        ([], [300, 11], ["spike", ""]),
    ],
)
def test_quality_spike_is_not_looked_for_against_maintenance(
    maintained: list[float], after: list[float], reasons: list[str]
) -> None:
    """Nor after a restart."""
    judged = Judge(STEP)
    judged.hourly([10, 12])
    for number, value in enumerate(maintained, 2):
        assert judged(value, NOW + number * HOUR, mark="M") == (Flag.FAIL, "mark_maintenance")
    judged.series = Series.restored(judged.series.snapshot())
    found = judged.hourly(after, NOW + (2 + len(maintained)) * HOUR)
    assert [reason for _, reason in found] == reasons


def test_quality_spike_is_looked_for_once_a_mark_was_taken_back() -> None:
    """The correction says that it was measured after all."""
    judged = Judge(STEP)
    judged.hourly([10, 12])
    for number in (2, 3):
        judged(900.0, NOW + number * HOUR, mark="M")
    for number in (2, 3):
        judged(890.0, NOW + number * HOUR)
    assert judged(300.0, NOW + 4 * HOUR)[1] == "spike"


def test_quality_constant_value_is_suspect_then_fails() -> None:
    """From the hours the catalogue gives; the first other value ends it."""
    verdicts = Judge(FLAT).hourly([7.0] * 10 + [8.0, 8.0])
    assert [flag for flag, _ in verdicts] == [1, 1, 1, 1, 3, 3, 3, 3, 4, 4, 1, 1]
    assert verdicts[4] == (Flag.SUSPECT, "flat_line")


def test_quality_constant_value_at_the_detection_limit_is_no_fault() -> None:
    """Where the catalogue says above which value it counts."""
    parameter = a_parameter(flat={"suspect_hours": 4, "fail_hours": 8, "above": 2.0})
    assert set(Judge(parameter).hourly([2.0] * 10)) == {PASS}
    assert Judge(parameter).hourly([2.1] * 10)[-1] == (Flag.FAIL, "flat_line")


def test_quality_missing_value_breaks_no_run() -> None:
    """A stuck analyser with a gap is stuck."""
    assert Judge(FLAT).hourly([7.0, None, 7.0, None, 7.0])[-1] == (Flag.SUSPECT, "flat_line")


@pytest.mark.parametrize("at", [1, 2, 3])
def test_quality_correction_within_a_run_breaks_it(at: int) -> None:
    """What was corrected did change: constant counts from after it."""
    judged = Judge(FLAT)
    judged.hourly([7.0] * 4)
    assert judged.arrival(9.0, NOW + at * HOUR)[1] is Arrival.CORRECTION
    assert judged(7.0, NOW + 4 * HOUR) == PASS
    assert judged(7.0, NOW + (at + 1 + 4) * HOUR) == (Flag.SUSPECT, "flat_line")


def test_quality_other_value_that_came_late_breaks_a_run() -> None:
    """Shuffled is normal."""
    judged = Judge(FLAT)
    for hour in (0, 2, 3):
        judged(7.0, NOW + hour * HOUR)
    judged(9.0, NOW + HOUR, now=NOW + 3 * HOUR)
    assert judged(7.0, NOW + 4 * HOUR) == PASS


def test_quality_late_reading_of_another_time_leaves_the_run() -> None:
    """What stood before the run does not end it."""
    judged = Judge(FLAT)
    judged.hourly([7.0] * 4)
    judged(9.0, NOW - 2 * HOUR, now=NOW + 3 * HOUR)
    assert judged(7.0, NOW + 4 * HOUR) == (Flag.SUSPECT, "flat_line")


def test_quality_repeat_is_a_duplicate_and_another_value_a_correction() -> None:
    """By instant; a missing value may be repeated and corrected too."""
    judged = Judge(PLAIN)
    arrivals = [judged.arrival(value)[1] for value in (5.0, 5.0, None, None, 6.0, 6.0)]
    assert arrivals == [
        Arrival.NEW,
        Arrival.DUPLICATE,
        Arrival.CORRECTION,
        Arrival.DUPLICATE,
        Arrival.CORRECTION,
        Arrival.DUPLICATE,
    ]


STAYS = a_parameter(spike={"step": 3, "held": "suspect"})
RACES = a_parameter(rate={"step": 3})
UNLIKELY = a_parameter(low=0, high=14, usual_low=4, usual_high=11, flat={"suspect_hours": 2, "fail_hours": 4})


def test_quality_step_is_suspect_where_this_quantity_does_not_move_so() -> None:
    """The jump, and the next reading that stays there; then it is the new level."""
    verdicts = Judge(STAYS).hourly([10, 10, 15, 15.2, 15.1])
    assert [reason for _, reason in verdicts] == ["", "", "spike", "step", ""]


def test_quality_spike_that_comes_back_is_no_step() -> None:
    """Nor is the next one after it."""
    assert [reason for _, reason in Judge(STAYS).hourly([10, 15, 10, 10])] == ["", "spike", "", ""]


def test_quality_step_survives_a_checkpoint() -> None:
    """The jump before it, the step after."""
    judged = Judge(STAYS)
    judged.hourly([10, 10, 15])
    judged.series = Series.restored(judged.series.snapshot())
    assert judged(15.0, NOW + 3 * HOUR) == (Flag.SUSPECT, "step")


def every_ten_minutes(values: Sequence[float]) -> list[str]:
    judged = Judge(RACES, interval="10m")
    return [judged(value, NOW + number * timedelta(minutes=10))[1] for number, value in enumerate(values)]


def test_quality_rate_is_held_against_the_hour_before() -> None:
    """Half a degree each ten minutes is three an hour, six tenths are more."""
    assert set(every_ten_minutes([10 + 0.5 * number for number in range(20)])) == {""}
    assert every_ten_minutes([10 + 0.6 * number for number in range(20)])[7:] == ["rate"] * 13


def test_quality_rate_does_not_suspect_what_an_outlier_is_behind_of() -> None:
    """The value of an hour before has to be far and the one before that too."""
    assert every_ten_minutes([10.0] * 8 + [20.0] + [10.0] * 10)[9:] == [""] * 10


def test_quality_rate_is_of_what_still_moves() -> None:
    """The new level is no fault; nor is a slow end of a fast rise."""
    rise = [10 + 0.6 * number for number in range(10)]
    assert every_ten_minutes([*rise, 15.4, 15.5, 15.6])[9:] == ["rate", "", "", ""]


def test_quality_rate_may_be_a_factor() -> None:
    """Half as much again within an hour: by less than a tenth each ten minutes."""
    judged = Judge(a_parameter(rate={"factor": 1.5}), interval="10m")
    fast = [judged(100 + 10.0 * number, NOW + number * timedelta(minutes=10))[1] for number in range(8)]
    assert fast == [""] * 7 + ["rate"]
    judged = Judge(a_parameter(rate={"factor": 1.5}), interval="10m")
    slow = [judged(100 + 5.0 * number, NOW + number * timedelta(minutes=10))[1] for number in range(20)]
    assert set(slow) == {""}


def test_quality_rate_says_nothing_of_hourly_readings() -> None:
    """The reading before is `spike`'s matter."""
    assert set(Judge(RACES).hourly([10, 20, 30, 40])) == {PASS}


def test_quality_rate_of_what_came_late_is_judged_too() -> None:
    """Whatever the order."""
    judged = Judge(RACES, interval="10m")
    for minutes in (0, 10, 20, 80, 90):
        judged(10.0, NOW + timedelta(minutes=minutes))
    assert judged(15.0, NOW + timedelta(minutes=85), now=NOW + timedelta(minutes=90)) == (Flag.SUSPECT, "rate")


@pytest.mark.parametrize(
    ("value", "reason"),
    [(4.0, ""), (11.0, ""), (3.9, "unlikely"), (11.1, "unlikely"), (14.1, "range"), (-1.0, "range")],
)
def test_quality_unlikely_values_are_suspect(value: float, reason: str) -> None:
    """Both ends are likely; late ones of either order are judged the same."""
    assert Judge(UNLIKELY)(value)[1] == reason
    judged = Judge(UNLIKELY)
    judged(7.0, NOW + HOUR)
    assert judged(value, NOW, now=NOW + HOUR)[1] == reason


def test_quality_stuck_at_an_unlikely_value_is_stuck() -> None:
    """The graver word."""
    assert Judge(UNLIKELY).hourly([3.0] * 5)[-1] == (Flag.FAIL, "flat_line")


def test_quality_limits_are_those_of_the_kind() -> None:
    """What the kind's entry names is replaced, what it is without is gone; the rest stays, also through a dump."""
    parameter = Parameter.model_validate(
        a_parameter(spike={"step": 3}, rate={"step": 3}, of_kind={"air": {"spike": {"step": 8}, "without": ["rate"]}})
    )
    parameter = Parameter.model_validate(parameter.model_dump())
    air, source = parameter.at(Kind.AIR), parameter.at(Kind.SOURCE)
    assert air.spike is not None
    assert (air.spike.step, air.rate, air.high) == (8, None, 1000.0)
    assert source is parameter


@pytest.mark.parametrize(
    "changes",
    [{"usual_low": -6}, {"usual_high": 2000}, {"usual_low": 5, "usual_high": 4}, {"of_kind": {"air": {"low": 1001}}}],
)
def test_quality_bounds_have_to_rise(changes: dict[str, Any]) -> None:
    """Of every kind."""
    with pytest.raises(ValidationError, match="rise in that order"):
        Parameter.model_validate(a_parameter(**changes))
