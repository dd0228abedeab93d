"""What another configuration would mean, and which standing warnings it touches: of real files, changed one by one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.views import Standing
from ingest.configuration import Configuration
from ingest.plan import Change, Plan, compare
from ingest.wording import said
from tests.support.alerts_people import a_warning
from tests.support.district import CONFIG

Edit = tuple[str, Callable[[Any], object]]
SHIPPED = Configuration.load(CONFIG)


def planned(tmp_path: Path, *edits: Edit, standing: tuple[Standing, ...] = ()) -> Plan:
    """From the shipped configuration to the same with these edits."""
    folder = tmp_path / "future"
    shutil.copytree(CONFIG, folder, dirs_exist_ok=True)
    for file, change in edits:
        document = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
        change(document)
        (folder / file).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return compare(SHIPPED, Configuration.load(folder), standing)


def standing(**changes: Any) -> Standing:
    """COD of the first outfall, of which the duty officer has heard."""
    given = {
        "rule": "outfall-limit.cod_of_limit",
        "type": "outfall",
        "kind": "outfall",
        "subject": "out-01",
        "subject_is_area": False,
        "parameter": "cod_of_limit",
    }
    return Standing(warning=a_warning(**given | changes), heard=frozenset({"duty-chen"}))


def only(plan: Plan) -> Change:
    [change] = plan.changes
    return change


def outfalls(change: Callable[[dict[str, Any]], object]) -> Edit:
    """The first of them."""
    return "stations/outfalls.yaml", lambda document: change(document["stations"][0])


def permits(change: Callable[[dict[str, Any]], object]) -> Edit:
    """The limits of the first of them."""
    return "stations/outfalls.yaml", lambda document: change(document["outfalls"][0]["permit"]["limits"])


def without_the_first(document: Any) -> None:
    del document["stations"][0]
    document["outfalls"][0]["stations"] = []


def without_limits(document: Any) -> None:
    """Neither a permit's nor a standard's."""
    document["outfalls"][0]["permit"]["limits"].pop("cod")
    document["outfalls"][0]["discharge"].pop("standard")
    document["outfalls"][0]["discharge"].pop("grade")


def test_plan_of_the_same_is_empty(tmp_path: Path) -> None:
    plan = planned(tmp_path, standing=(standing(),))
    assert plan == Plan(changes=(), restart=(), touched=())
    assert [line for _, line in said(plan.plain())] == ["nothing changes 无变化"]


def test_plan_says_a_limit_with_its_unit_and_what_it_touches(tmp_path: Path) -> None:
    edit = permits(lambda limits: limits["cod"].update(day=60))
    plan = planned(tmp_path, edit, standing=(standing(), standing(subject="out-02")))
    assert only(plan).details == ("permit limits cod day 50 -> 60 mg/L",)
    [touched] = plan.touched
    assert (touched.subject, touched.orphaned) == ("out-01", False)
    assert touched.why == ("its limit changes: 50.0 -> 60.0",)


def test_plan_knows_the_standard_s_limit_where_the_permit_says_none(tmp_path: Path) -> None:
    """GB 18918 1A wants 50 mg/L of COD, as this permit did."""
    plan = planned(tmp_path, permits(lambda limits: limits.pop("cod")), standing=(standing(),))
    assert plan.touched == ()


def test_plan_says_a_rule_once_for_all_its_parameters_and_where(tmp_path: Path) -> None:
    def stricter(document: Any) -> None:
        document["rules"][0]["levels"]["orange"] = {"raise": 1.5, "samples": 2}

    change = only(planned(tmp_path, ("rules/outfall.yaml", stricter)))
    assert change.id == "outfall-limit (cod_of_limit, nh3_n_of_limit, tp_of_limit, tn_of_limit, ss_of_limit)"
    assert change.details == ("orange raise 2 -> 1.5 x the limit", "orange samples 1 -> 2")
    assert "out-01" in change.at


def test_plan_says_stations_added_and_removed_and_the_rules_that_reach_them(tmp_path: Path) -> None:
    plan = planned(tmp_path, ("stations/outfalls.yaml", without_the_first))
    assert [(one.how, one.id) for one in plan.changes if one.part == "stations"] == [("removed", "out-01")]
    assert any("watches no more: out-01" in one.details for one in plan.changes if one.part == "rules")


def test_plan_says_who_hears_more_and_who_hears_less(tmp_path: Path) -> None:
    def people(document: Any) -> None:
        lin, wu = document["receivers"][1:3]
        lin["told"]["minimum"] = "red"
        wu["told"]["types"] = ["device", "outfall"]
        wu["channels"] = {"webhook": {"url": "https://receiver.example/", "secret_env": "SECRET"}}
        del document["receivers"][0]

    plan = planned(tmp_path, ("people.yaml", people), standing=(standing(),))
    details = {change.id: change.details for change in plan.changes}
    assert details["emergency-lin"] == ("told minimum orange -> red", "is told of less")
    assert "is told of more" in details["maintainer-wu"]
    assert "channels log yes -> -" in details["maintainer-wu"]
    [touched] = plan.touched
    assert touched.why[0] == "duty-chen is told no more of it"
    assert "maintainer-wu is told of it from now on" in touched.why
    assert not plan.orphans


def test_plan_says_what_needs_a_restart(tmp_path: Path) -> None:
    def service(document: Any) -> None:
        document["broker"]["port"] = 1884
        document["stop_within"] = "30s"
        document["console"]["url"] = "https://console.example"

    plan = planned(tmp_path, ("service.yaml", service))
    assert plan.restart == ("broker port 1883 -> 1884",)
    assert len(plan.changes) == 3
    assert any("restart" in line for _, line in said(plan.plain()))


ELSEWHERE = {"kind": "outfall", "parameter": ["nh3_n"], "period": "1h"}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("stations/outfalls.yaml", without_the_first), "there is no station out-01 any more"),
        (
            ("rules/outfall.yaml", lambda document: document["rules"][0].update(id="other")),
            "rule outfall-limit.cod_of_limit is gone",
        ),
        (
            ("rules/outfall.yaml", lambda document: document["rules"][0]["select"].update(period="10m")),
            "rule outfall-limit.cod_of_limit judges something else",
        ),
        (
            ("rules/outfall.yaml", lambda document: document["rules"][0]["select"].update(stations=["out-02"])),
            "rule outfall-limit.cod_of_limit does not watch out-01 any more",
        ),
        (
            ("stations/outfalls.yaml", without_limits),
            "nothing limits cod there any more",
        ),
    ],
)
def test_plan_knows_what_would_be_orphaned(tmp_path: Path, edit: Edit, why: str) -> None:
    plan = planned(tmp_path, edit, standing=(standing(), standing(subject="out-02", rule="air-pm2_5")))
    [orphan] = plan.orphans
    assert orphan.why == (why,)
    lines = [line for _, line in said(plan.plain())]
    assert any(orphan.warning in line for line in lines)
    assert "lift or dismiss" in lines[-1]


def test_plan_knows_a_parameter_that_nobody_measures_any_more(tmp_path: Path) -> None:
    def without_ph(document: dict[str, Any]) -> None:
        document["stations"][0]["parameters"].remove("ph")

    flat = standing(rule="device-flat-source.ph.5m", type="device", kind="source", subject="src-up-01", parameter="ph")
    assert planned(tmp_path / "same", standing=(flat,)).touched == ()
    plan = planned(tmp_path, ("stations/sources.yaml", without_ph), standing=(flat,))
    assert [one.orphaned for one in plan.touched] == [True]


def test_plan_does_not_ask_who_measures_an_index(tmp_path: Path) -> None:
    """A rule over the area's AQI stands while anything else changes."""
    rule = next(rule for rule in SHIPPED.rules if rule.select.parameter == ("aqi_24h",))
    subject = {"subject": "xilan", "subject_is_area": True, "parameter": "aqi_24h"}
    heavy = standing(rule=rule.id, type="pollution_weather", kind="air", **subject)
    plan = planned(tmp_path, permits(lambda limits: limits["cod"].update(day=60)), standing=(heavy,))
    assert plan.orphans == ()


def test_plan_leaves_alone_what_was_orphaned_before(tmp_path: Path) -> None:
    """By a restart with other rules, or by hand: it is not this change that does it."""
    plan = planned(tmp_path, ("stations/outfalls.yaml", without_the_first), standing=(standing(rule="long-gone"),))
    assert plan.orphans == ()
