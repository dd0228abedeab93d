"""The class of a source's water by the hour and the day, and whether it keeps the one wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson

from alerts.model import Quality
from alerts.standards.water import Body
from ingest.adapters.alerting import water_network
from ingest.configuration import Configuration
from tests.support.bundles import bundled
from tests.support.rules import CONFIG
from tests.support.water import DAY, GOOD, a_network, fed, hours, last_words, sent

HOUR = timedelta(hours=1)


def test_hour_has_the_class_of_its_worst_item() -> None:
    """Ammonia of 1.2 mg/L is class IV: it decides, and class III is not kept."""
    (of_class, compliant) = fed(a_network(), hours([{**GOOD, "nh3_n": 1.2}]))
    assert (of_class.parameter, of_class.value, of_class.primary) == ("water_class", 4, "nh3_n")
    assert (compliant.parameter, compliant.value, compliant.primary) == ("water_compliant", 0, "nh3_n")
    assert {of_class.instant, compliant.instant} == {DAY + HOUR}
    assert (of_class.have, of_class.of, of_class.missing, of_class.edition) == (5, 5, "", "gb3838-2002")
    assert of_class.flag == Quality.PASS.value


def test_best_class_has_no_item_that_decides() -> None:
    """All keep class I."""
    found = last_words(fed(a_network(), hours([GOOD])))
    assert found["water_class", "1h", DAY + HOUR] == (1, "", "")
    assert found["water_compliant", "1h", DAY + HOUR] == (1, "", "")


def test_primary_zone_wants_class_two() -> None:
    """What is enough further up is not at the intake."""
    found = last_words(fed(a_network(target=1), hours([{**GOOD, "codmn": 5.0}])))
    assert found["water_class", "1h", DAY + HOUR] == (3, "codmn", "")
    assert found["water_compliant", "1h", DAY + HOUR] == (0, "codmn", "")


def test_lake_has_limits_of_its_own() -> None:
    """Phosphorus of 0.04 mg/L: class II of a river, III of a lake."""
    row = {**GOOD, "tp": 0.04}
    of = {body: last_words(fed(a_network(body=body), hours([row]))) for body in Body}
    assert {body: found["water_class", "1h", DAY + HOUR][0] for body, found in of.items()} == {"river": 2, "lake": 3}


def test_what_is_missing_leaves_it_open_whether_the_class_is_kept() -> None:
    """Good as far as it is known is not good; bad as far as it is known is bad."""
    partly = {name: value for name, value in GOOD.items() if name != "tp"}
    good, *rest = fed(a_network(), hours([partly]))
    assert (good.parameter, good.value, good.missing, rest) == ("water_class", 1, "tp", [])
    assert (good.flag, good.have, good.of) == (Quality.UNCHECKED.value, 4, 5)
    bad = last_words(fed(a_network(), hours([{**partly, "do": 1.0}])))
    assert bad["water_compliant", "1h", DAY + HOUR] == (0, "do", "tp")


def test_hour_of_five_minute_values_needs_three_quarters() -> None:
    """Eight of twelve say nothing, nine do; what is doubtful does not count."""
    network = a_network(interval_seconds=300.0)
    for number in (8, 9):
        begun = timedelta(hours=number)
        samples = [s for n in range(1, number + 1) for s in sent(begun + n * timedelta(minutes=5), GOOD, period="5m")]
        samples += sent(begun + HOUR, {**GOOD, "nh3_n": 3.0}, period="5m", flag=Quality.FAIL.value)
        found = last_words(fed(network, samples))
        assert (("water_class", "1h", DAY + begun + HOUR) in found) == (number == 9)


def test_four_hourly_station_has_a_class_every_four_hours_and_a_day() -> None:
    """As national stations measure."""
    network = a_network(interval_seconds=14_400.0)
    found = last_words(fed(network, [s for n in range(1, 7) for s in sent(n * timedelta(hours=4), GOOD, period="4h")]))
    assert sorted(at for name, period, at in found if (name, period) == ("water_class", "1h")) == [
        DAY + n * timedelta(hours=4) for n in range(1, 7)
    ]
    assert found["water_class", "1d", DAY + timedelta(days=1)] == (1, "", "")


def test_late_value_revises_hour_and_day() -> None:
    """The figures before are replaced under the next revision."""
    network = a_network()
    fed(network, hours([GOOD] * 25))
    late = sent(3 * HOUR, {"nh3_n": 30.0})
    found = network.feed(bundled(late), DAY + timedelta(hours=26))
    assert {(one.parameter, one.period, one.value, one.revision) for one in found} == {
        ("water_class", "1h", 6, 2),
        ("water_compliant", "1h", 0, 2),
        ("water_class", "1d", 4, 2),  # a mean of 1.346 mg/L
        ("water_compliant", "1d", 0, 2),
    }


def test_value_that_is_taken_back_takes_the_class_back() -> None:
    """Nothing stale stands."""
    network = a_network(items=("nh3_n",))
    fed(network, hours([{"nh3_n": 0.1}]))
    gone = network.feed(bundled(sent(HOUR, {"nh3_n": None})), DAY + 2 * HOUR)
    assert [(one.parameter, one.value, one.flag) for one in gone] == [
        ("water_class", None, Quality.MISSING.value),
        ("water_compliant", None, Quality.MISSING.value),
    ]


def test_readings_too_late_or_of_the_future_move_nothing() -> None:
    """They are counted."""
    network = a_network()
    fed(network, hours([GOOD] * 2))
    late = [replace(one, received_at=DAY + timedelta(hours=80)) for one in sent(HOUR, {"nh3_n": 3.0})]
    assert network.feed(bundled(late), DAY + timedelta(hours=80)) == []
    assert network.feed(bundled(sent(timedelta(hours=90), GOOD)), DAY + timedelta(hours=80)) == []
    assert network.unused == {"water_too_late": 1, "water_future": 1}


def test_silence_of_a_year_gives_no_empty_days() -> None:
    """The day before it ends; then it goes on where readings come again."""
    network = a_network()
    fed(network, hours([GOOD] * 20))
    year = timedelta(days=365)
    found = network.feed(bundled(sent(year + HOUR, GOOD)), DAY + year + HOUR)
    assert {(one.period, one.instant) for one in found} == {
        ("1d", DAY + timedelta(days=1)),
        ("1h", DAY + year + HOUR),
    }


def test_recall_gives_what_was_said_in_its_time() -> None:
    """From the store, in any order; nothing of others."""
    samples = hours([GOOD] * 25)
    straight, recalled = a_network(), a_network()
    live = fed(straight, samples)
    found = recalled.recall([*reversed(samples), replace(samples[0], station="air")], DAY + timedelta(hours=26))
    assert last_words(found) == last_words(live)


def test_snapshot_of_a_monitor_that_measures_something_else_now_is_taken_as_far_as_it_goes() -> None:
    """One item is gone, one is new."""
    first = a_network()
    fed(first, hours([{**GOOD, "nh3_n": 1.2}]))
    second = a_network(items=("cod", *(name for name in GOOD if name != "ph")))
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    found = last_words(second.feed(bundled(sent(2 * HOUR, {"nh3_n": 1.2})), DAY + 2 * HOUR))
    assert found["water_class", "1h", DAY + 2 * HOUR] == (4, "nh3_n", "cod+do+codmn+tp")


def test_shipped_sources_are_judged_by_their_zones() -> None:
    """Class II at the intakes, III upstream; the reservoir is a lake."""
    configuration = Configuration.load(CONFIG)
    network = water_network(configuration.catalog, configuration.water)
    row = {"ph": 7.3, "do": 8.0, "codmn": 5.0, "nh3_n": 0.1, "tp": 0.04}
    now = DAY + 2 * HOUR
    said = {}
    for station in ("src-up-01", "src-in-01", "src-res-01"):
        samples = [
            replace(one, station=station, received_at=DAY + HOUR)
            for n in range(1, 13)
            for one in sent(n * timedelta(minutes=5), row, period="5m")
        ]
        found = last_words(network.feed(bundled(samples), now))
        said[station] = (
            found["water_class", "1h", DAY + HOUR][:2], found["water_compliant", "1h", DAY + HOUR][:2]
        )  # fmt: skip
    assert said == {
        "src-up-01": ((3, "codmn"), (1, "")),
        "src-in-01": ((3, "codmn"), (0, "codmn")),
        "src-res-01": ((3, "codmn+tp"), (0, "codmn+tp")),
    }


def test_silence_of_days_leaves_the_hours_before_and_after_as_they_were_measured() -> None:
    """What was open when it began is said with the first word after it; days of which nothing is known are not."""
    network = a_network()
    fed(network, hours([GOOD] * 20))
    begun = timedelta(days=4)
    found = fed(network, [one for n in range(1, 26) for one in sent(begun + n * HOUR, {**GOOD, "nh3_n": 1.2})])
    said = last_words(found)
    assert {(period, at, words[0]) for (name, period, at), words in said.items() if name == "water_class"} == {
        ("1d", DAY + timedelta(days=1), 1),
        ("1d", DAY + timedelta(days=5), 4),
        *(("1h", DAY + begun + n * HOUR, 4) for n in range(1, 26)),
    }
    assert {one.revision for one in found} == {1}
