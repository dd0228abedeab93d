"""A series as geometry."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.console.curves import LEFT, TOP, WIDTH, Curve, Shape, curve
from alerts.console.scale import axis, moments
from alerts.ports import Point

START = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # local midnight
ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def hourly(*values: float | None, flags: dict[int, int] | None = None) -> list[Point]:
    return [
        Point(instant=START + n * HOUR, value=value, flag=(flags or {}).get(n, 1)) for n, value in enumerate(values)
    ]


def drawn(points: list[Point], hours: int = 12, limit: float | None = None) -> Curve:
    return curve(points, start=START, end=START + hours * HOUR, zone=ZONE, interval=HOUR, limit=limit)


def test_curve_of_nothing_has_axes_only() -> None:
    """An empty series is an empty plot, not a failure."""
    empty = drawn([])
    assert (empty.lines, empty.marks, empty.gaps, empty.count) == ((), (), (), 0)
    assert empty.up


def test_curve_shows_one_point_as_a_dot() -> None:
    """A line needs two."""
    one = drawn(hourly(5.0))
    assert one.lines == ()
    assert [mark.shape for mark in one.marks] == [Shape.DOT]


def test_curve_breaks_at_a_missing_value() -> None:
    """None is a gap, never a line across it."""
    assert len(drawn(hourly(1, 2, None, 4, 5)).lines) == 2


def test_curve_hatches_a_stretch_without_data() -> None:
    """From the last value before to the first after, and to the end of the plot."""
    points = [point for n, point in enumerate(hourly(*range(10))) if not 3 <= n <= 5]
    gaps = drawn(points).gaps
    assert len(gaps) == 2
    assert gaps[-1][0] + gaps[-1][1] == WIDTH - 10


def test_curve_is_not_stretched_by_a_failed_value() -> None:
    """It is marked at the edge where it lies; the line goes past without it."""
    failed = drawn(hourly(5, 6, 40000, 5, 6, flags={2: 4}))
    mark = next(mark for mark in failed.marks if mark.shape is Shape.FAIL)
    assert mark.y == TOP
    assert failed.up[-1].label == "6.0"
    assert len(failed.lines) == 2


def test_curve_marks_suspect_by_shape_and_keeps_the_line() -> None:
    """A real spill looks like a spike."""
    suspect = drawn(hourly(1, 2, 9, 2, flags={2: 3}))
    assert Shape.SUSPECT in {mark.shape for mark in suspect.marks}
    assert len(suspect.lines) == 1


def test_curve_draws_the_limit_inside_the_plot() -> None:
    """A limit far above the values is still seen."""
    limited = drawn(hourly(1, 2), limit=50.0)
    assert limited.limit is not None
    assert limited.limit >= TOP


def test_curve_slower_than_its_station_is_not_all_gaps() -> None:
    """Hourly values of a station that also sends every ten minutes."""
    slow = curve(hourly(1, 2, 3, 4), start=START, end=START + 3 * HOUR, zone=ZONE, interval=timedelta(minutes=10))
    assert slow.gaps == ()
    assert len(slow.lines) == 1
    assert slow.lines[0].startswith(f"M{LEFT}")


def test_axis_of_a_constant_has_height() -> None:
    """A stuck analyser is a line in the middle, not a division by zero."""
    flat = axis([7.31, 7.31])
    assert flat.low < 7.31 < flat.high


def test_moments_name_the_day_at_midnight() -> None:
    """Local midnight, not that of Greenwich."""
    labels = [label for _, label in moments(START, START + 24 * HOUR, ZONE)]
    assert labels[0] == "11-23"
    assert "12:00" in labels


def test_curve_of_many_values_is_a_line_with_doubt_marked() -> None:
    """Dots that run into each other say nothing; a suspect value among them still does."""
    many = drawn(hourly(*(float(n % 7) for n in range(100)), flags={50: 3}), hours=100)
    assert [mark.shape for mark in many.marks] == [Shape.SUSPECT]
    assert len(many.lines) == 1
