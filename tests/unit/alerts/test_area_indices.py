"""Rules over what an area says of itself: indices and forecasts, as samples that carry the area's id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from alerts.engine import Engine
from alerts.model import Cause, Change, Place, Transition
from alerts.rules import Rule
from alerts.rules.files import load_rules
from tests.support.rules import CONFIG, ASample, a_place, a_rule

HOUR = timedelta(hours=1)
START = datetime(2026, 12, 18, 12, tzinfo=UTC)  # 20:00 in Shanghai
ZONE = a_place(
    "zone", kind="air", area="zone", role="", interval_seconds=3600.0, is_area=True, kinds=("air", "outfall")
)
STATION = a_place("s1", kind="air", area="zone", role="", interval_seconds=3600.0)
SHIPPED = {rule.id: rule for rule in load_rules(CONFIG / "rules")}


def an_index(hours: float, value: float | None, **given: Any) -> ASample:
    at = START + HOUR * hours
    settings: dict[str, Any] = {"station": "zone", "parameter": "aqi_24h", "period": "1h", "received_at": at}
    return ASample(instant=at, value=value, **{**settings, **given})


def an_issue(hours: float, *days: float, first: int = 1, **given: Any) -> list[ASample]:
    """AQI of so many days, from the first one after the issue on."""
    return [
        an_index(hours, value, parameter=f"aqi_d{ahead}", period="instant", **given)
        for ahead, value in enumerate(days, start=first)
    ]


def an_engine(*rules: str, places: tuple[Place, ...] = (ZONE, STATION)) -> Engine:
    engine = Engine(rules=[SHIPPED[rule] for rule in rules], places=places)
    engine.advance(START)
    return engine


def fed(engine: Engine, *samples: ASample) -> list[Transition]:
    found: list[Transition] = []
    for sample in samples:
        found += engine.feed([sample], sample.received_at)
    return found


def said(found: list[Transition]) -> list[tuple[str, str | None]]:
    return [(one.change.value, one.level and one.level.value) for one in found]


def test_index_of_an_area_raises_for_the_area_and_not_for_its_stations() -> None:
    engine = an_engine("air-heavy")
    assert list(engine.subjects()) == [("air-heavy", "zone")]
    assert fed(engine, an_index(1, 400, station="s1")) == []
    (raised,) = fed(engine, an_index(1, 201))
    assert (raised.subject, raised.change, raised.evidence.cause) == ("zone", Change.RAISED, Cause.ANY)
    assert raised.evidence.inequality == "aqi_24h 201 > 200"
    assert [one.station for one in raised.evidence.samples] == ["zone"]


def test_area_without_stations_of_that_kind_is_not_watched() -> None:
    bay = a_place("bay", kind="outfall", area="bay", is_area=True, kinds=("outfall",))
    assert list(an_engine("air-heavy", places=(bay,)).subjects()) == []


@pytest.mark.parametrize(
    ("settings", "said_of_it"),
    [
        ({"select": {"parameter": "aqi_24h", "period": "1h", "per": "area", "roles": ["intake"]}}, "leave out roles"),
        ({"coverage": 0.5}, "write per: area"),
        ({"ahead": {"at_most": 1}}, "write per: area"),
    ],
)
def test_what_cannot_be_meant_of_an_area_is_refused(settings: dict[str, Any], said_of_it: str) -> None:
    with pytest.raises(ValidationError, match=said_of_it):
        a_rule(**settings)


def test_forecast_rule_names_its_series_and_lifts_below_its_levels() -> None:
    good = SHIPPED["air-heavy-forecast"].model_dump(by_alias=True)
    for wrong, message in (
        ({"select": {"parameter": "aqi_24h", "period": "1h", "per": "area"}}, "parameter: aqi_forecast"),
        ({"lift": {"at_most": 151}}, "lies above 150"),
        ({"levels": {"red": {"any_of": [{"above": 1, "days": 15}]}}}, "days"),
        ({"levels": {"red": {}}}, "any_of or all_of"),
    ):
        with pytest.raises(ValidationError, match=message):
            a_rule(**{**good, **wrong})


def test_forecast_is_judged_once_all_of_it_is_in() -> None:
    """Two days above 200 are orange at once, and not yellow first."""
    engine = an_engine("air-heavy-forecast")
    (raised,) = engine.feed(an_issue(0, 210, 220, 90), START)
    assert said([raised]) == [("raised", "orange")]
    days, compared = raised.evidence.inequality.split("; ")
    assert days == "forecast of 2026-12-18 20:00 UTC+8: 2026-12-19 210, 2026-12-20 220, 2026-12-21 90"
    assert compared == "> 200 on 2 days or > 150 on 3 days"
    assert [one.value for one in raised.evidence.samples] == [220]
    assert (raised.subject, raised.onset, raised.instant) == ("zone", START, START)


def test_newer_forecast_replaces_the_older_for_the_days_it_covers_alone() -> None:
    engine = an_engine("air-heavy-forecast")
    engine.feed(an_issue(0, 90, 90, 210), START)
    # the day after tomorrow is not in the newer one: what was forecast of it stands
    assert engine.feed(an_issue(1, 90, 90), START + HOUR) == []
    assert said(engine.feed(an_issue(2, 90, 90, 90, 90, first=0), START + 2 * HOUR)) == [("cleared", None)]


def test_forecast_again_changes_nothing_and_its_correction_does() -> None:
    engine = an_engine("air-heavy-forecast")
    engine.feed(an_issue(0, 210, 90, 90), START)
    assert engine.feed(an_issue(0, 210, 90, 90), START + HOUR) == []
    corrected = engine.feed(an_issue(0, 210, 230), START + HOUR)
    assert said(corrected) == [("upgraded", "orange")]
    withdrawn = engine.feed(an_issue(0, 90, 90), START + HOUR)
    assert said(withdrawn) == [("basis_withdrawn", "orange")]


def test_forecast_issued_before_and_received_after_does_not_replace() -> None:
    engine = an_engine("air-heavy-forecast")
    engine.feed(an_issue(24, 90, 90, 90, first=0), START + 24 * HOUR)
    late = an_issue(0, 310, 310, 310, received_at=START + 25 * HOUR)
    assert said(engine.feed(late, START + 25 * HOUR)) == [("discovered_late", "red")]


def test_days_that_passed_raise_nothing_and_what_is_not_forecast_lifts_nothing() -> None:
    engine = an_engine("air-heavy-forecast")
    engine.feed(an_issue(0, 210, 90), START)
    assert engine.feed(an_issue(72, 90), START + 72 * HOUR) == []
    assert engine.advance(START + timedelta(days=60)) == []


def test_days_apart_are_not_in_a_row() -> None:
    engine = an_engine("air-light-forecast")
    samples = [*an_issue(0, 110), *an_issue(0, 110, first=3)]
    assert engine.feed(samples, START) == []


@pytest.mark.parametrize("flag", [3, 4, 9])
def test_doubtful_forecast_is_none(flag: int) -> None:
    assert an_engine("air-heavy-forecast").feed(an_issue(0, 400, 400, 400, flag=flag), START) == []


def test_forecast_of_the_future_is_ignored() -> None:
    engine = an_engine("air-heavy-forecast")
    assert engine.feed(an_issue(2, 400, 400, 400), START) == []
    assert engine.future_ignored == 3


LOW = [120.0, 110.0, 90.0, 90.0]


def test_stale_forecast_lifts_nothing_at_once() -> None:
    """An issue older than a day and a half says nothing of the next one, though its days reach that far."""
    engine = an_engine("air-heavy")
    engine.feed(an_issue(0, *LOW, 90, 90, first=0), START)
    fed(engine, an_index(36, 210))
    assert said(fed(engine, an_index(37, 90))) == []
    fresh = an_engine("air-heavy")
    fresh.feed(an_issue(2, *LOW, first=0), START + 2 * HOUR)
    fed(fresh, an_index(36, 210))
    (cleared,) = fed(fresh, an_index(37, 90))
    assert cleared.evidence.inequality.startswith("aqi_24h 90 <= 150, and the forecast of 2026-12-18 22:00 UTC+8: ")
    assert cleared.evidence.inequality.endswith("it stays at most 150 for 36h")


def test_forecast_that_comes_after_the_hours_it_speaks_for_lifts_from_its_issue_on() -> None:
    engine = an_engine("air-heavy")
    fed(engine, an_index(1, 210), an_index(2, 140), an_index(3, 140))
    late = an_issue(1.5, *LOW, first=0, received_at=START + 4 * HOUR)
    (cleared,) = engine.feed(late, START + 4 * HOUR)
    assert (cleared.change, cleared.instant) == (Change.CLEARED, START + 2 * HOUR)


def test_doubtful_hour_lifts_nothing_whatever_is_forecast() -> None:
    engine = an_engine("air-heavy")
    engine.feed(an_issue(0, *LOW, first=0), START)
    assert said(fed(engine, an_index(1, 210), an_index(2, 90, flag=3))) == [("raised", "yellow")]


def test_outlook_and_its_rules_survive_a_restart() -> None:
    rules = ("air-heavy", "air-heavy-forecast")
    first = an_engine(*rules)
    first.feed(an_issue(0, 210, *LOW, first=0), START)
    fed(first, an_index(1, 210))
    second = Engine(rules=[SHIPPED[rule] for rule in rules], places=[ZONE, STATION])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    for engine in (first, second):
        # the day it is on was forecast at 210: no lift yet, neither of the one nor of the other
        assert said(fed(engine, an_index(2, 90))) == []
        assert said(engine.feed(an_issue(2, 90, first=0), START + 2 * HOUR)) == [("cleared", None), ("cleared", None)]


def test_forecasts_read_back_are_known_and_no_news() -> None:
    rules: list[Rule] = [SHIPPED["air-heavy-forecast"], SHIPPED["air-heavy"]]
    engine = Engine(rules=rules, places=[ZONE, STATION])
    engine.lack_past()
    now = START + 2 * HOUR
    engine.advance(now)
    past = [*an_issue(0, 210, 90, 90), an_index(1, 210)]
    assert engine.recall(["zone"], past, now, until=now, judged=True) == []
    (episode,) = engine.episodes("air-heavy-forecast", "zone")
    assert episode.ended is None
    found = engine.feed(an_issue(2, 90, 90, 90, first=0), now)
    assert said(found) == [("cleared", None)]
