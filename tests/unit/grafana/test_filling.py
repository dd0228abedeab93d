"""Placeholders filled in as Grafana does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grafana.filling import Filling, moment

END = datetime(2026, 11, 24, tzinfo=UTC)
DAY = Filling(start=END - timedelta(days=1), end=END, variables={"area": ("湾", "a-1|b"), "all": ("全部", ".*")})


def test_time_and_interval_are_filled_in() -> None:
    """In milliseconds; a point of the panel is never narrower than its readings."""
    assert DAY.fill("WHERE $timeFilter GROUP BY time($__interval)") == (
        "WHERE time >= 1795392000000ms and time <= 1795478400000ms GROUP BY time(120s)"
    )
    assert DAY.fill("$__interval", least="1h") == "3600s"
    assert Filling(start=END - timedelta(days=365), end=END).interval("5m") == timedelta(hours=6)


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("${area:raw}", "a-1|b"),
        ("${area:regex}", r"a\-1\|b"),
        ("${all:regex}", ".*"),
        ("${area:text}", "湾"),
        ("${other:raw} $area", "${other:raw} $area"),
    ],
)
def test_variables_are_filled_in_as_their_form_says(given: str, filled: str) -> None:
    """Ours alone, written as we write them."""
    assert DAY.words(given) == filled


def test_moments_are_read() -> None:
    """The forms that our dashboards open with."""
    assert moment("now", END) == END
    assert moment("now-7d", END) == END - timedelta(days=7)
    assert moment("now/y", END) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert moment("now/M", END) == moment("now/M", moment("now/M", END)) <= END
    with pytest.raises(ValueError, match="now/w"):
        moment("now/w", END)


def test_panel_with_a_range_of_its_own_is_asked_of_that() -> None:
    """Where it has none, of the dashboard's."""
    assert DAY.since("now-3h").start == DAY.end - timedelta(hours=3)
    assert DAY.since("") is DAY
