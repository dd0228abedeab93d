"""What a series remembers, and in what order."""

from __future__ import annotations

from ingest.series import REMEMBERED, Arrival, Series


def test_series_out_of_order_is_remembered_in_order() -> None:
    """Whatever the order of arrival: what stood before is the nearest earlier value."""
    series = Series()
    for instant in (50, 10, 30, 40, 20):
        assert series.take(instant, float(instant)) is Arrival.NEW
    assert [series.before(instant) for instant in (10, 11, 35, 99)] == [None, (10, 10.0), (30, 30.0), (50, 50.0)]
    assert (series.newest, series.known(30), series.known(31)) == (50, 30.0, None)


def test_series_memory_is_bounded_and_keeps_the_newest() -> None:
    """Ten thousand values later it is as small as before, and still knows the last."""
    series = Series()
    for instant in range(10_000):
        series.take(instant, 1.0)
    instants = series.snapshot()[0]
    assert REMEMBERED <= len(instants) <= 2 * REMEMBERED
    assert all(series.take(10_000 - back, 1.0) is Arrival.DUPLICATE for back in range(1, REMEMBERED))
    assert series.take(0, 1.0) is Arrival.NEW
    assert series.take(0, 1.0) is Arrival.NEW  # too old to be remembered


def test_series_restored_is_as_it_was() -> None:
    """Missing values and the run included."""
    series = Series()
    for instant, value in enumerate([1.0, None, 2.0, 2.0]):
        series.take(instant, value)
    again = Series.restored(series.snapshot())
    assert again.snapshot() == series.snapshot()
    assert again.take(1, None) is Arrival.DUPLICATE
    assert again.follow(4, 2.0) == (3, 2.0, 2)
    assert Series.restored(Series().snapshot()).newest == Series().newest


def test_series_of_an_earlier_checkpoint_has_not_jumped() -> None:
    """Four entries then, five now."""
    series = Series()
    series.take(1, 2.0)
    assert Series.restored(series.snapshot()[:4]).snapshot() == series.snapshot()
