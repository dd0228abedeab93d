"""Times and numbers as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.console.language import Language
from alerts.console.phrases import ago, lasting, number, stamp
from alerts.moments import offset

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (timedelta(seconds=20), "不到 1 分钟", "under 1 min"),
        (timedelta(minutes=12), "12 分钟", "12 min"),
        (timedelta(hours=2), "2 小时", "2 h"),
        (timedelta(hours=3, minutes=5), "3 小时 5 分钟", "3 h 5 min"),
        (timedelta(days=2, hours=3, minutes=59), "2 天 3 小时", "2 d 3 h"),
        (timedelta(seconds=-5), "不到 1 分钟", "under 1 min"),
    ],
)
def test_lasting_says_the_two_largest_units(span: timedelta, zh: str, en: str) -> None:
    """Enough to judge by, no more."""
    assert (lasting(span, Language.ZH), lasting(span, Language.EN)) == (zh, en)


def test_ago_admits_what_lies_ahead_of_the_clock() -> None:
    """A device with a wrong clock is not called current."""
    assert ago(NOON + timedelta(hours=2), NOON, Language.EN) == "2 h ahead"
    assert ago(NOON + timedelta(seconds=30), NOON, Language.ZH) == "刚刚"
    assert ago(NOON - timedelta(minutes=90), NOON, Language.ZH) == "1 小时 30 分钟前"


def test_stamp_is_local_time() -> None:
    """What the officer's own watch says."""
    assert stamp(NOON, SHANGHAI, Language.ZH) == "11月23日 12:00"
    assert stamp(NOON, SHANGHAI, Language.EN) == "23 Nov 12:00"


@pytest.mark.parametrize(
    ("zone", "said"), [("Asia/Shanghai", "UTC+8"), ("America/St_Johns", "UTC-3:30"), ("UTC", "UTC+0")]
)
def test_offset_names_the_zone(zone: str, said: str) -> None:
    """No letters that mean three zones."""
    assert offset(NOON, ZoneInfo(zone)) == said


@pytest.mark.parametrize(
    ("value", "decimals", "said"), [(None, 2, "–"), (float("nan"), 2, "–"), (-0.001, 2, "0.00"), (35.25, 0, "35")]
)
def test_number_has_the_decimals_of_its_parameter(value: float | None, decimals: int, said: str) -> None:
    """No minus zero, no `nan`."""
    assert number(value, decimals) == said
