"""What rules of water sources say: arrival times, unknown ways, unusual change; and what their files refuse."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerts.rules.files import load_rules
from alerts.travel import Reach
from ingest.adapters.alerting import places
from tests.support.district import catalog_of
from tests.support.rules import CONFIG, a_place, a_rule, an_engine, at, fed, series

REACH = Reach(intake="src-in-01", distance_km=9.0, slow=0.5, fast=1.0)  # 2.5 h to 5 h
LEVELS = {"orange": {"within": "24h"}, "red": {"within": "2h"}}


def arrival(**given: Any) -> Any:
    return a_rule(kind="arrival", limit=1.0, unit="mg/L", **{"levels": LEVELS, **given})


def test_arrival_is_stated_from_the_first_sample_beyond_the_limit() -> None:
    """Confirmed at 00:15; what passed at 00:10 is at the intake 2.5 h to 5 h later, and is nearer with each sample."""
    engine = an_engine(arrival(), places=[a_place(reach=REACH)])
    raised, upgraded = fed(engine, series([0.2, 0.2, *[1.4] * 8]))
    assert raised.evidence.inequality == (
        "nh3_n > 1 mg/L, 2 samples; at the intake in 2.4 h at the earliest <= 24 h, 2 samples; "
        "reaches src-in-01 between 2026-04-01 10:40 and 2026-04-01 13:10 UTC+8 (9 km at 1 to 0.5 m/s as configured)"
    )
    assert (upgraded.instant, upgraded.level) == (at(40), "red")
    assert "at the intake in 2.0 h at the earliest <= 2 h; reaches src-in-01 between 2026-04-01 10:40" in (
        upgraded.evidence.inequality
    )


def test_arrival_stays_while_the_water_is_on_its_way_though_the_monitor_reads_well() -> None:
    """Lifted when the last that exceeded must have passed, and it says so."""
    engine = an_engine(arrival(lift_samples=2), places=[a_place(reach=REACH)])
    found = fed(engine, series([*[1.4] * 2, *[0.2] * 61]))
    assert [(one.change, one.instant) for one in found][-1] == ("cleared", at(5 + 300))
    assert (
        found[-1].evidence.inequality == "nh3_n <= 1 mg/L, 2 samples, and the last that exceeded has passed the intake"
    )


def test_arrival_of_an_unknown_way_is_the_mildest_level_and_says_unknown() -> None:
    """Unknown is not near: show it, rather than a guess (STANDARDS 5.5)."""
    found = fed(an_engine(arrival()), series([1.4] * 200))
    assert [(one.change, one.level) for one in found] == [("raised", "orange")]
    assert found[0].evidence.inequality == "nh3_n > 1 mg/L, 2 samples; when it reaches the intake is not known"


def test_other_rules_upstream_state_the_arrival_too() -> None:
    """A threshold of a water source; not one of a device, and not when it lifts."""
    place = a_place(reach=REACH)
    raised, cleared = fed(an_engine(a_rule(), places=[place]), series([1.4, 0.2]))
    assert "reaches src-in-01 between 2026-04-01 10:30" in raised.evidence.inequality
    assert "reaches" not in cleared.evidence.inequality
    [device] = fed(an_engine(a_rule(type="device"), places=[place]), series([1.4]))
    assert "reaches" not in device.evidence.inequality


def test_change_says_what_it_is_measured_against() -> None:
    rule = a_rule(
        kind="change",
        over="1h",
        recent=3,
        floors={"nh3_n": 0.1},
        learn=2,
        levels={"yellow": {"raise": 5, "samples": 2}},
    )
    quiet = [0.2, 0.3] * 20
    [raised] = fed(an_engine(rule), series([*quiet, 1.4, 1.5, 1.4, 1.5]))
    assert raised.evidence.inequality.startswith("change of nh3_n against the last 1h ")
    assert raised.evidence.inequality.endswith("> 5 times what is usual here, 2 samples")
    assert fed(an_engine(rule), series([*quiet, 1.4, *quiet])) == [], "one value is no change"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"kind": "arrival", "limit": 1, "levels": {"orange": {"within": "1h"}, "red": {"within": "1h"}}},
            "the nearer",
        ),
        ({"kind": "arrival", "limit": 1, "levels": {}}, "at least 1 item"),
        ({"kind": "change", "over": "1h", "floors": {"ph": 1}}, "floors: none for nh3_n"),
        ({"kind": "change", "over": "1h", "floors": {"nh3_n": 0}}, "greater than 0"),
        ({"kind": "change", "over": "0s", "floors": {"nh3_n": 1}}, "over: more than nothing"),
        (
            {"kind": "change", "over": "1h", "floors": {"nh3_n": 1}, "levels": {"red": {"raise": 1, "lift": 2}}},
            "beyond",
        ),
    ],
)
def test_rule_that_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_rule(**given)


@pytest.mark.parametrize("kind", ["arrival", "change"])
def test_areas_are_refused(kind: str) -> None:
    select = {"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}
    more = {"limit": 1, "levels": LEVELS} if kind == "arrival" else {"over": "1h", "floors": {"nh3_n": 1}}
    with pytest.raises(ValidationError, match="per station"):
        a_rule(kind=kind, select=select, **more)


def test_shipped_monitors_know_their_way() -> None:
    """From the catalogue's water source, to the place that rules see."""
    found = {place.id: place.reach for place in places(catalog_of())}
    assert found["src-up-01"] == Reach(intake="src-in-01", distance_km=9.6, slow=0.3, fast=1.2, gauge="src-in-01")
    assert found["src-in-01"] is found["src-res-01"] is found["air-01"] is None
    assert "source-upstream-nh3_n.5m" in {rule.id for rule in load_rules(CONFIG / "rules")}
