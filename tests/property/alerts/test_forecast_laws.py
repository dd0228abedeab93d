"""Laws of forecasts: the newest word on each day, and the same episodes in whatever order the words come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.moments import to_micros
from alerts.outlook import Outlook
from alerts.rules.files import load_rules
from alerts.rules.rule import JudgedRule
from tests.support.rules import CONFIG, ASample, a_place

HOUR = timedelta(hours=1)
START = datetime(2026, 12, 1, 2, tzinfo=UTC)
ZONE = a_place("zone", kind="air", area="zone", role="", interval_seconds=3600.0, is_area=True, kinds=("air",))
FORESEEING = [rule for rule in load_rules(CONFIG / "rules") if isinstance(rule, JudgedRule) and rule.foresees]
VALUES = st.sampled_from([60.0, 100.0, 101.0, 150.0, 151.0, 200.0, 201.0, 300.0, 310.0])
SHANGHAI = ZoneInfo("Asia/Shanghai")


def a_value(hours: int, name: str, value: float, period: str = "instant") -> ASample:
    at = START + HOUR * hours
    return ASample(station="zone", parameter=name, period=period, instant=at, received_at=at, value=value)


@st.composite
def issues(draw: st.DrawFn) -> list[ASample]:
    """Values of some issues, a few hours to some days apart; not each speaks of each day."""
    found: list[ASample] = []
    hours = 0
    for _ in range(draw(st.integers(1, 5))):
        hours += draw(st.sampled_from([1, 6, 24, 24, 40]))
        for ahead in draw(st.sets(st.integers(0, 4), min_size=1)):
            aqi = draw(VALUES)
            found.append(a_value(hours, f"aqi_d{ahead}", aqi))
            if draw(st.booleans()):
                whose = draw(st.sampled_from(["pm2_5", "o3", "pm10"]))
                found.append(a_value(hours, f"iaqi_{whose}_d{ahead}", aqi))
    return found


@st.composite
def hours_measured(draw: st.DrawFn) -> list[ASample]:
    """An index of the area, a hundred hours of it in stretches."""
    name = draw(st.sampled_from(sorted({rule.parameter for rule in FORESEEING if rule.period == "1h"})))
    values = [value for value in draw(st.lists(VALUES, min_size=4, max_size=10)) for _ in range(12)]
    return [a_value(hours, name, value, "1h") for hours, value in enumerate(values)]


@given(issues(), st.integers(0, 200))
def test_outlook_is_the_newest_word_on_each_day_from_that_moment_s_on(words: list[ASample], hours: int) -> None:
    outlook = Outlook(reach=0)
    for one in words:
        outlook.put(one.parameter, to_micros(one.instant), one.value, 0)
    at = START + HOUR * hours
    expected: dict[date, float] = {}
    for one in sorted(words, key=lambda word: word.instant):
        day = one.instant.astimezone(SHANGHAI).date() + timedelta(days=int(one.parameter[-1]))
        if one.parameter.startswith("aqi") and one.instant <= at and day >= at.astimezone(SHANGHAI).date():
            assert one.value is not None
            expected[day] = one.value
    assert {day: said.aqi for day, said in outlook.days(to_micros(at)).items()} == expected


@given(issues(), hours_measured(), st.data())
@settings(max_examples=60)
def test_any_order_of_forecasts_and_readings_ends_in_the_same_episodes(
    words: list[ASample], measured: list[ASample], data: st.DataObject
) -> None:
    """As they were issued and measured, or all of it in the end, shuffled and repeated."""
    together = sorted([*words, *measured], key=lambda one: one.instant)
    now = together[-1].instant
    straight, mixed = (Engine(rules=FORESEEING, places=[ZONE]) for _ in range(2))
    for one in together:
        straight.feed([one], one.instant)
    again = data.draw(st.lists(st.sampled_from(together), max_size=6))
    arriving = data.draw(st.permutations([*together, *again]))
    cut = data.draw(st.integers(0, len(arriving)))
    for part in (arriving[:cut], arriving[cut:]):
        mixed.feed([replace(one, received_at=now) for one in part], now)
    for rule in FORESEEING:
        assert mixed.episodes(rule.id, "zone") == straight.episodes(rule.id, "zone")


@given(issues())
def test_a_forecast_again_tells_nothing_new(words: list[ASample]) -> None:
    engine = Engine(rules=FORESEEING, places=[ZONE])
    for one in words:
        engine.feed([one], one.instant)
    assert engine.feed(words, words[-1].instant) == []
