"""A second parameter that agrees: what the warning says of it, and what files may ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.errors import ConfigurationError
from alerts.rules import Rule
from alerts.rules.files import load_rules
from alerts.travel import Reach
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, fed, series, told

AGREES = {"with": "second", "within": "10m"}
LEVELS = {"orange": {"raise": 1.0, "samples": 3}}
SECOND = a_rule(id="second", select={"parameter": "codmn", "period": "5m"}, levels={"red": {"raise": 6, "samples": 2}})
REACH = Reach(intake="src-in-01", distance_km=9.0, slow=0.5, fast=1.0)


def a_second(value: float, minutes: float, **given: Any) -> ASample:
    return ASample(parameter="codmn", instant=at(minutes), received_at=at(minutes), value=value, **given)


def said(*samples: ASample, rule: Rule, **of_place: Any) -> list[str]:
    engine = an_engine(rule, SECOND, places=[a_place(**of_place)])
    return [one.evidence.inequality for one in fed(engine, samples) if one.rule == "r1"]


def test_warning_names_the_second_parameter_its_value_and_its_instant() -> None:
    """In place of the samples in a row that it did not wait for."""
    rule = a_rule(agrees=AGREES, levels=LEVELS)
    assert said(a_second(7.2, 0), *series([1.4], start=at(5)), rule=rule) == [
        "nh3_n 1.4 > 1 mg/L, confirmed by codmn 7.2 > 6 mg/L at 2026-04-01 08:00 UTC+8"
    ]
    alone = said(*series([1.4] * 3), rule=rule)
    assert alone == ["nh3_n 1.4 > 1 mg/L, 3 samples"]


def test_arrival_names_it_too_as_long_as_the_water_is_on_its_way() -> None:
    rule = a_rule(
        kind="arrival", limit=1.0, agrees=AGREES, levels={"orange": {"within": "24h"}, "red": {"within": "2h"}}
    )
    raised, upgraded = said(a_second(7.2, 0), *series([1.4, *[0.2] * 7]), rule=rule, reach=REACH)
    confirmed = "nh3_n > 1 mg/L, confirmed by codmn 7.2 > 6 mg/L at 2026-04-01 08:00 UTC+8; at the intake in "
    assert raised.startswith(f"{confirmed}2.5 h at the earliest <= 24 h; reaches src-in-01 between ")
    assert upgraded.startswith(f"{confirmed}2.0 h at the earliest <= 2 h; reaches src-in-01 between ")


def test_of_several_the_nearest_is_named() -> None:
    """Before it or after it; of two as near the earlier."""
    rule = a_rule(agrees=AGREES, levels=LEVELS)
    samples = [a_second(8.0, 0), a_second(7.0, 5), a_second(9.0, 15), *series([1.4], start=at(10))]
    assert "codmn 7 > 6 mg/L at 2026-04-01 08:05" in said(*samples, rule=rule)[0]


@pytest.mark.parametrize(("minutes", "flag"), [(-11, 1), (11, 1), (0, 3), (0, 4)])
def test_too_far_away_or_not_accepted_by_its_own_rule_confirms_nothing(minutes: float, flag: int) -> None:
    rule = a_rule(agrees=AGREES, levels=LEVELS)
    assert said(*series([1.4]), a_second(7.2, minutes, flag=flag), rule=rule) == []


def test_a_rule_that_looks_at_change_agrees_while_it_is_raised() -> None:
    """Two samples of its own raise it; the value then stands in the sentence."""
    jump = a_rule(
        id="second",
        kind="rate",
        over="15m",
        select={"parameter": "cond", "period": "5m"},
        unit="uS/cm",
        levels={"yellow": {"raise": 50, "samples": 2}},
    )
    engine = an_engine(a_rule(agrees=AGREES, levels=LEVELS), jump)
    fed(engine, series([200.0, 300.0], parameter="cond"))
    assert [one.rule for one in fed(engine, series([1.4], start=at(5)))] == []
    found = fed(engine, series([301.0], parameter="cond", start=at(10)))
    assert [one.rule for one in found] == ["second", "r1"]
    assert found[1].evidence.inequality == (
        "nh3_n 1.4 > 1 mg/L, confirmed by change of cond to 301 uS/cm at 2026-04-01 08:10 UTC+8"
    )


def test_a_correction_of_the_second_takes_the_ground_away_and_lifts_nothing() -> None:
    engine = an_engine(a_rule(agrees=AGREES, levels=LEVELS), SECOND)
    fed(engine, [a_second(7.2, 0), *series([1.4])])
    assert told(fed(engine, [a_second(3.0, 0)])) == [("basis_withdrawn", "orange", 0)]


def test_station_without_the_second_waits_for_its_samples() -> None:
    """The other rule looks at stations of another role."""
    elsewhere = a_rule(id="second", select={"parameter": "codmn", "period": "5m", "roles": ["intake"]})
    engine = an_engine(a_rule(agrees=AGREES, levels=LEVELS), elsewhere)
    assert told(fed(engine, [a_second(7.2, 0), *series([1.4] * 3)])) == [("raised", "orange", 10)]


@pytest.mark.parametrize(
    "given",
    [
        {"value": {"of_limit": True}},
        {"value": {"mean": {"over": "1h", "at_least": 2}}},
        {"select": {"parameter": "nh3_n", "period": "5m", "per": "area"}},
        {"agrees": {"with": [], "within": "10m"}},
        {"agrees": {"with": "second", "within": "-10m"}},
    ],
)
def test_agreement_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_rule(**{"agrees": AGREES, "levels": LEVELS, **given})


def test_name_of_no_rule_is_a_problem_of_the_file(tmp_path: Path) -> None:
    """With its line; else the rule would never be confirmed and nobody would notice."""
    (tmp_path / "own.yaml").write_text(
        """rules:
  - id: own
    kind: threshold
    type: water_source
    name: { zh: a, en: a }
    source: a test
    select: { parameter: nh3_n, period: 5m }
    agrees: { with: [nobody], within: 10m }
    levels: { red: { raise: 1 } }
""",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as failed:
        load_rules(tmp_path)
    assert [(problem.line, problem.message) for problem in failed.value.problems] == [(8, "no rule 'nobody'")]
