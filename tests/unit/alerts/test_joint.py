"""Several parameters that change at once: what the warning says, what it costs, what files may ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from pydantic import ValidationError

from alerts.deviation import Ear
from alerts.engine import Engine
from alerts.rules import Rule
from alerts.rules.joint import JointRule
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, told

PARAMETERS = ("cond", "ph", "turb")
SELECT = {"kind": "source", "parameter": "joint_change", "period": "5m"}
LEVELS = {"yellow": {"raise": 5.0, "lift": 3.0, "samples": 2, "lift_samples": 2}}


def changes(entry_id: str = "change") -> list[Rule]:
    """Learn two hours; six times what is usual is enough for one alone."""
    entry = a_rule(
        id=entry_id,
        kind="change",
        over="30m",
        recent=2,
        at_least=2,
        learn=2,
        floors=dict.fromkeys(PARAMETERS, 1.0),
        select={"kind": "source", "parameter": PARAMETERS, "period": "5m"},
        levels={"yellow": {"raise": 6, "samples": 2}},
    )
    return [*entry.expanded()]


def a_joint(**given: Any) -> Rule:
    return a_rule(**{"id": "joint", "kind": "joint", "of": "change", "select": SELECT, "levels": LEVELS, **given})


def message(number: int, **values: float) -> list[ASample]:
    return [
        ASample(parameter=name, instant=at(5 * number), received_at=at(5 * number), value=value)
        for name, value in values.items()
    ]


def a_day(*rules: Rule) -> Engine:
    """Three quiet hours, a digit up and down."""
    engine = an_engine(*rules)
    for number in range(36):
        engine.feed(message(number, **dict.fromkeys(PARAMETERS, 10.0 + number % 2)), at(5 * number))
    return engine


def after(engine: Engine, *values: dict[str, float], first: int = 36) -> list[Any]:
    found = []
    for number, each in enumerate(values, first):
        found += engine.feed(message(number, **each), at(5 * number))
    return found


def test_warning_names_the_scores_and_the_decisive_parameter_first() -> None:
    """None of them alone would do."""
    engine = a_day(*changes(), a_joint())
    [raised] = after(engine, *[{"cond": 14.5, "ph": 15.5, "turb": 13.0}] * 3)
    assert (raised.rule, raised.parameter) == ("joint", "joint_change")
    said = raised.evidence.inequality
    scores, _, compared = said.partition("; ")
    assert [part.split()[0] for part in scores.split(", ")] == ["ph", "cond", "turb"]
    assert compared.startswith("together ")
    assert compared.endswith(" > 5 times what is usual here, 2 samples")
    assert len(raised.evidence.samples) == 2


def test_what_one_parameter_does_alone_is_no_evidence_here() -> None:
    """Neither for it nor against it: its own rule speaks."""
    engine = a_day(*changes(), a_joint())
    found = after(engine, *[{"cond": 30.0, "ph": 14.0, "turb": 10.0}] * 3)
    assert {one.rule for one in found} == {"change.cond"}


def test_ordinary_samples_are_not_heard() -> None:
    """They cost a comparison; listening begins with a score that could matter and ends with it."""
    heard: list[float] = []
    whole = Ear.hear

    def hear(self: Ear, instant: int, score: float, may: int) -> None:
        heard.append(score)
        whole(self, instant, score, may)

    with patch.object(Ear, "hear", hear):
        engine = a_day(*changes(), a_joint())
        after(engine, *[dict.fromkeys(PARAMETERS, 10.5)] * 20)
        assert heard == []
        after(engine, *[{"cond": 14.5, "ph": 15.5, "turb": 13.0}] * 3, first=56)
        assert heard
        after(engine, *[dict.fromkeys(PARAMETERS, 10.5)] * 20, first=59)
        heard.clear()
        after(engine, *[dict.fromkeys(PARAMETERS, 10.5)] * 20, first=79)
        assert heard == []


def test_a_correction_takes_the_ground_away() -> None:
    """Of a joint change that stands, for people to decide; of one that is over, from the record."""
    engine = a_day(*changes(), a_joint(levels={"yellow": {"raise": 5.0, "lift": 3.0}}))
    assert [one.change for one in after(engine, {"cond": 15.5, "ph": 10.0}, {"cond": 16.5, "ph": 11.0})] == ["raised"]
    right = [replace(message(number, cond=10.0 + number % 2)[0], received_at=at(190)) for number in (36, 37)]
    assert [told(engine.feed([one], at(190)))[:1] for one in right] == [[("basis_withdrawn", "yellow", 185)], []]
    assert engine.episodes("joint", "s1") == ()


def test_a_changed_rule_goes_on_with_what_stands_and_discovers_nothing_old() -> None:
    engine = a_day(*changes(), a_joint())
    after(engine, *[{"cond": 14.5, "ph": 15.5, "turb": 13.0}] * 3)
    under = Engine(rules=[*changes(), a_joint(floor=2.0)], places=[a_place()])
    under.restore(engine.snapshot())
    quiet = [dict.fromkeys(PARAMETERS, 10.0 + number % 2) for number in range(30)]
    assert [one.change for one in after(under, *quiet, first=39) if one.rule == "joint"] == ["cleared"]
    other = Engine(
        rules=[*(one.model_copy(update={"floors": dict.fromkeys(PARAMETERS, 0.5)}) for one in changes()), a_joint()],
        places=[a_place()],
    )
    other.restore(under.snapshot())
    assert [one for one in after(other, *quiet, first=69) if one.rule == "joint"] == []


def test_rules_of_different_entries_hear_their_own() -> None:
    """One entry has two parameters only, of which one moves."""
    two = [rule for rule in changes("two") if not rule.id.endswith("cond")]
    engine = a_day(*changes(), *two, a_joint(), a_joint(id="of-two", of="two"))
    after(engine, *[{"cond": 15.5, "ph": 15.5, "turb": 10.0}] * 3)
    assert [len(engine.episodes(rule, "s1")) for rule in ("joint", "of-two")] == [1, 0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"select": {**SELECT, "parameter": "cond"}}, "joint_change"),
        ({"select": {**SELECT, "per": "area"}}, "a station's"),
        ({"floor": 5.0}, "not above the floor"),
        ({"levels": {"yellow": {"raise": 5, "lift": 6}}}, "beyond"),
    ],
)
def test_rule_that_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_joint(**given)


def test_it_names_the_entry_it_hears() -> None:
    """So that a name that is none is a problem of its file."""
    rule = a_joint()
    assert isinstance(rule, JointRule)
    assert rule.names == [("of", "change")]
