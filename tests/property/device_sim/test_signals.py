"""Laws of the district's signals and messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from device_sim import encoder, signals
from device_sim.encoder import Dispatch, Report
from device_sim.mischief import Mischief, through
from device_sim.scenario import Signal

ZONE = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  made aware by timezones
AMPLITUDES = st.floats(0, 100)


def at(signal: Signal, moment: datetime, seed: int = 1, station: str = "a") -> float:
    value = place(signal, moment, seed, station)
    return signals.measured(signal, value, seed=seed, station=station, parameter="pm2_5", moment=moment)


def place(signal: Signal, moment: datetime, seed: int = 1, station: str = "a") -> float:
    return signals.level(signal, seed=seed, station=station, area="z", parameter="pm2_5", moment=moment, zone=ZONE)


@given(st.lists(MOMENTS, min_size=1, max_size=20), st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_signal_does_not_depend_on_the_order_it_is_asked_in(moments: list[datetime], random: object, seed: int) -> None:
    """A value is a function of seed, station, parameter and moment."""
    signal = Signal(base=30, daily=5, weather=8, tide=2, noise=3, site=0.2)
    first = {moment: at(signal, moment, seed) for moment in moments}
    assert {moment: at(signal, moment, seed) for moment in reversed(moments)} == first


@given(MOMENTS, AMPLITUDES, AMPLITUDES, AMPLITUDES, AMPLITUDES)
def test_signal_stays_within_the_sum_of_its_amplitudes(
    moment: datetime, daily: float, weather: float, tide: float, noise: float
) -> None:
    """No part swings wider than it says."""
    signal = Signal(base=50, daily=daily, weather=weather, tide=tide, noise=noise)
    assert abs(at(signal, moment) - 50) <= daily + weather + tide + noise + 1e-9


@given(MOMENTS, st.floats(-200, 300), st.floats(0, 5))
def test_instrument_stays_within_floor_and_ceiling(moment: datetime, base: float, noise: float) -> None:
    """However high the tide of an episode, it says what it can say."""
    signal = Signal(base=base, noise=noise, floor=0, ceiling=100)
    assert 0 <= at(signal, moment) <= 100


@given(MOMENTS)
def test_weather_is_continuous(moment: datetime) -> None:
    """A minute changes slow weather by a little only."""
    signal = Signal(base=0, weather=100)
    assert abs(at(signal, moment + timedelta(minutes=1)) - at(signal, moment)) < 1.5


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


@given(
    st.dictionaries(NAMES, st.floats(allow_nan=False, allow_infinity=False), max_size=8), MOMENTS, st.integers(0, 2**53)
)
def test_report_comes_back_from_any_json_reader(values: dict[str, float], began: datetime, seq: int) -> None:
    """What the encoder writes, Python's own reader gives back, to the last bit."""
    report = Report(
        station="a-1", kind="air", period="1h", began=began.astimezone(ZONE), due=began, values=values, seq=seq
    )
    read = json.loads(encoder.one(report).payload)
    assert read["values"] == values
    assert datetime.fromisoformat(read["time"]) == began
    assert (read["station"], read["period"], read["seq"]) == ("a-1", "1h", seq)
    assert json.loads(encoder.many([report, report]).payload) == {"readings": [read, read]}


@given(
    st.lists(st.integers(0, 600), max_size=40).map(sorted),
    st.dictionaries(st.sampled_from([Mischief.DUPLICATE, Mischief.SHUFFLED, Mischief.DELAYED]), st.floats(0, 1)),
    st.integers(0, 1000),
)
def test_mischief_loses_nothing_and_keeps_due_order(
    minutes: list[int], shares: dict[Mischief, float], seed: int
) -> None:
    """Late, shuffled or twice, but each message arrives; the same seed does the same."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    stream = [Dispatch(start + timedelta(minutes=m), f"t/{n}", b"{}") for n, m in enumerate(minutes)]
    found = list(through(stream, shares, seed=seed))
    assert {d.topic for d in found} == {d.topic for d in stream}
    assert [d.due for d in found] == sorted(d.due for d in found)
    assert list(through(stream, shares, seed=seed)) == found
