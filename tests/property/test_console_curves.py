"""Laws of the console's curves and sentences."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.console.curves import HEIGHT, WIDTH, Shape, curve
from alerts.console.guard import host_name
from alerts.console.language import Language, choose
from alerts.console.phrases import ago, lasting, number
from alerts.console.scale import axis
from alerts.console.sentences import inequality, threshold
from alerts.ports import Point

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 1, tzinfo=UTC)
MOMENTS = st.integers(86_400, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NEAR = st.integers(-100, 5000).map(lambda minutes: START + timedelta(minutes=minutes))
POINTS = st.lists(
    st.builds(
        Point,
        instant=st.one_of(NEAR, MOMENTS),
        value=st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(-100, 1000),
        flag=st.sampled_from([1, 2, 3, 4, 9, 77]),
    ),
    max_size=80,
)


@given(
    points=POINTS,
    start=NEAR | MOMENTS,
    end=NEAR | MOMENTS,
    limit=st.none() | st.floats(allow_nan=True),
    interval=st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_curve_never_raises_and_stays_inside(
    points: list[Point], start: datetime, end: datetime, limit: float | None, interval: timedelta
) -> None:
    """Whatever the values, times, order and window."""
    drawn = curve(points, start=start, end=end, zone=ZONE, interval=interval, limit=limit)
    places = [(mark.x, mark.y) for mark in drawn.marks]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert all(x >= 0 and width >= 0 and x + width <= WIDTH + 0.2 for x, width in drawn.gaps)
    assert len(drawn.up) <= 12
    assert len(drawn.across) <= 8
    assert not any("nan" in line or "inf" in line for line in drawn.lines)


@given(points=POINTS)
def test_curve_tells_every_doubtful_value_by_shape(points: list[Point]) -> None:
    """None of the suspect or failed values in the window is left out."""
    end = START + timedelta(days=3)
    inside = [p for p in points if START <= p.instant <= end and p.value is not None and math.isfinite(p.value)]
    drawn = curve(points, start=START, end=end, zone=ZONE)
    for flag, shape in ((3, Shape.SUSPECT), (4, Shape.FAIL)):
        assert sum(mark.shape is shape for mark in drawn.marks) == sum(p.flag == flag for p in inside)


@given(values=st.lists(st.floats(-1e14, 1e14), max_size=30))
def test_axis_holds_all_values_between_rising_ticks(values: list[float]) -> None:
    """Nothing that made the scale falls off it."""
    scale = axis(values)
    assert scale.low < scale.high
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(scale.ticks))
    room = (scale.high - scale.low) * 1e-6
    assert all(scale.low - room <= value <= scale.high + room for value in values)


@given(span=st.timedeltas(timedelta(days=-4000), timedelta(days=4000)), language=st.sampled_from(Language))
def test_time_phrases_always_say_something(span: timedelta, language: Language) -> None:
    """And never a negative number."""
    said = lasting(span, language) + ago(START, START + span, language)
    assert said.strip()
    assert "-" not in said


@given(value=st.none() | st.floats(), decimals=st.integers(0, 6))
def test_number_is_never_a_word_of_floating_point(value: float | None, decimals: int) -> None:
    """People do not read `nan`."""
    assert not set("naif") & set(number(value, decimals))


@given(sentence=st.text(max_size=80), parameter=st.none() | st.text(max_size=8), name=st.text(max_size=8))
def test_sentences_never_raise(sentence: str, parameter: str | None, name: str) -> None:
    """Evidence of any past or future rule can be shown."""
    assert isinstance(inequality(sentence, parameter, name, Language.ZH), str)
    found = threshold(sentence, "mg/L")
    assert found is None or isinstance(found, float)


@given(header=st.text(max_size=60))
def test_headers_never_raise(header: str) -> None:
    """Whatever a client sends."""
    assert isinstance(host_name(header), str)
    assert choose(asked=header, remembered=header, accept=header) in Language
