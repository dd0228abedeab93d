"""From readings to episodes: whatever order they come in, the shipped rules over indices find the same pollution."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.fold import Episode
from alerts.model import Sample
from alerts.moments import to_micros
from alerts.rules.files import load_rules
from alerts.rules.rule import JudgedRule
from ingest.model import Reading
from tests.support.air_windows import HOUR, NAMES, START, a_message, an_air_network, an_air_station, an_area
from tests.support.bundles import bundled
from tests.support.rules import CONFIG, a_place

BAY = a_place("bay", kind="air", area="bay", role="", interval_seconds=3600.0, is_area=True, kinds=("air",))
RULES = [
    rule
    for folder in (CONFIG / "rules", CONFIG / "rules" / "optional")
    for rule in load_rules(folder)
    if isinstance(rule, JudgedRule) and rule.select.per == "area" and rule.parameter.startswith("aqi_24h")
]
STATIONS = ("air-1", "air-2", "air-3")
LATENESS = timedelta(hours=72)
PM2_5 = (30.0, 74.0, 75.5, 113.0, 117.0, 149.0, 152.0, 248.0, 255.0, 400.0)  # around where the rules raise and lift
O3 = (60.0, 158.0, 162.0, 214.0, 216.0, 270.0)
CHANCES = st.integers(0, 2**32).map(random.Random)

Messages = list[list[Reading]]


@st.composite
def weather(draw: st.DrawFn) -> Messages:
    """Up to a week of hours of three stations, in stretches clean and foul, with hours and pollutants missing."""
    chance = draw(CHANCES)
    found: Messages = []
    number = 0
    for _ in range(draw(st.integers(2, 6))):
        pm2_5, ozone = draw(st.sampled_from(PM2_5)), draw(st.sampled_from(O3))
        for _ in range(draw(st.sampled_from((6, 13, 25, 40)))):
            number += 1
            for station in STATIONS:
                values = dict.fromkeys(NAMES, 20.0) | {"co": 0.7, "pm2_5": pm2_5, "o3": ozone}
                heard = {name: value for name, value in values.items() if chance.random() > 0.03}
                if heard and chance.random() > 0.05:
                    found.append(a_message(START + number * HOUR, heard, station=station))
    return found or [a_message(START + HOUR)]


def delayed(messages: Messages, chance: random.Random) -> Messages:
    """Some late by up to nearly the lateness, alone or in stretches; some twice."""
    turns = []
    for message in messages:
        late = chance.random() * 71 * HOUR if chance.random() < 0.3 else timedelta(0)
        turns.append((message[0].instant + late, message))
        if chance.random() < 0.1:
            turns.append((message[0].instant + chance.random() * 71 * HOUR, message))
    turns.sort(key=lambda turn: turn[0])
    return [[reading._replace(received_at=at) for reading in message] for at, message in turns]


def episodes(messages: Messages) -> dict[str, list[Episode]]:
    """By rule, once all has come; those that a reading may still reach, as the rules forget what none can."""
    network = an_air_network(*(an_air_station(id=station) for station in STATIONS), areas=[an_area()])
    engine = Engine(rules=RULES, places=[BAY])
    for message in messages:
        now = message[0].received_at
        samples: Sequence[Sample] = [*message, *network.feed(bundled(message), now)]
        engine.feed(samples, now)
    assert engine.too_old == 0
    since = to_micros(max(message[0].instant for message in messages) - LATENESS)
    return {
        rule.id: [one for one in engine.episodes(rule.id, "bay") if one.ended is None or one.ended >= since]
        for rule in RULES
    }


@settings(max_examples=25)
@given(messages=weather(), chance=CHANCES)
def test_readings_in_any_order_end_in_the_same_pollution(messages: Messages, chance: random.Random) -> None:
    """Within the lateness: hours, means of days, the area's index and what its rules say of it."""
    assert episodes(delayed(messages, chance)) == episodes(messages)


def test_foul_week_is_found_by_every_rule() -> None:
    """The law above is not about nothing."""
    foul = {"pm2_5": 300.0, "o3": 250.0}
    hours = [a_message(START + n * HOUR, foul, station=station) for n in range(1, 99) for station in STATIONS]
    found = episodes(hours)
    assert {rule: len(each) for rule, each in found.items()} == dict.fromkeys(found, 1)
    assert len(found) == 4
