"""The shipped spill, from the simulated brook to the shipped rules: people are told before it can be at the intake."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.engine import Engine
from alerts.model import Change, Level, Transition
from alerts.rules.files import load_rules
from device_sim.scenario import Spill
from ingest.adapters.alerting import places
from tests.support.district import T0, a_district, catalog_of, shipped_scenario
from tests.support.rules import CONFIG, ASample

BEFORE = timedelta(hours=2)


def told(spill: Spill, intake: str) -> list[Transition]:
    """What the rules on ammonia say from two hours before the spill until well after it has passed the intake."""
    catalog = catalog_of()
    rules = [
        rule
        for rule in load_rules(CONFIG / "rules")
        if rule.id in {f"source-{at}-nh3_n.5m" for at in ("upstream", "intake")}
    ]
    engine = Engine(rules=rules, places=places(catalog))
    found: list[Transition] = []
    begin = T0 + spill.begins - BEFORE
    for report in a_district().reports(begin, begin + timedelta(hours=12)):
        if report.station in {*catalog.monitors, intake} and report.period == "5m":
            sample = ASample(
                station=report.station,
                period=report.period,
                instant=report.due,
                value=report.values["nh3_n"],
                received_at=report.due + timedelta(seconds=2),
            )
            found += engine.feed([sample], sample.received_at)
    return found


def test_shipped_spill_is_told_before_it_can_be_at_the_intake() -> None:
    """Upstream first, with both arrivals; the water itself comes between them; the intake's own warning comes last."""
    [spill] = [one for one in shipped_scenario().episodes if isinstance(one, Spill)]
    intake, monitor = catalog_of().monitors[spill.at]
    real = T0 + spill.begins + timedelta(seconds=monitor.distance_km * 1000 / spill.velocity)
    transitions = told(spill, intake)
    first = transitions[0]
    assert (first.subject, first.change, first.level) == (spill.at, Change.RAISED, Level.ORANGE)
    assert first.instant < real - timedelta(hours=1)
    said = first.evidence.inequality.partition("reaches ")[2]
    earliest, latest = (datetime.fromisoformat(f"{said.split()[at]}T{said.split()[at + 1]}+08:00") for at in (2, 5))
    assert earliest < real < latest
    at_the_intake = [one for one in transitions if one.subject == intake and one.change is Change.RAISED]
    assert at_the_intake
    assert at_the_intake[0].instant > max(
        one.instant for one in transitions if one.change is Change.RAISED and one.subject != intake
    )
    red = next(one for one in transitions if one.subject == spill.at and one.level is Level.RED)
    assert first.instant < red.instant < real
