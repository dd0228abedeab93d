"""Rule and scenario files: what is right, what is wrong and where."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from alerts import cli, durations
from alerts.errors import ConfigurationError
from alerts.rehearsal import rehearse
from alerts.rules import RULE_KINDS
from alerts.rules.files import load_rules
from alerts.scenarios import Scenario, load_scenarios, sent, without_scenario
from tests.support.rules import CONFIG, a_rule

RULES = {rule.id: rule for rule in load_rules(CONFIG / "rules")}
SCENARIOS = load_scenarios(sorted((CONFIG / "scenarios").glob("*.yaml")), rules=RULES)
ALL = [(file.stem, scenario) for file, found in SCENARIOS.items() for scenario in found]

HEAD = """
rules:
  - id: r1
    kind: threshold
    type: outfall
    name: { zh: 甲, en: a }
    source: a test
    select: { kind: outfall, parameter: cod, period: 1h }
"""


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(cli.rules, list(arguments))


@pytest.mark.parametrize(("file", "scenario"), ALL, ids=[f"{file}: {scenario.name}" for file, scenario in ALL])
def test_shipped_scenario_holds(file: str, scenario: Scenario) -> None:
    outcome = rehearse(scenario, rules=RULES)
    assert outcome.actual == outcome.expected


def test_shipped_rules_all_have_a_scenario() -> None:
    assert without_scenario(RULES.values(), [scenario for _, scenario in ALL]) == []


def test_shipped_rules_use_every_kind_and_name_their_source() -> None:
    assert {rule.kind for rule in RULES.values()} == set(RULE_KINDS)
    assert all("[" in rule.source for rule in RULES.values()), "a source says how far it was verified"


def test_entry_with_several_parameters_is_one_rule_each() -> None:
    assert {"outfall-limit.cod_of_limit", "outfall-limit.nh3_n_of_limit", "outfall-limit.tp_of_limit"} <= set(RULES)


def test_hash_follows_what_a_rule_does_and_not_what_it_is_called() -> None:
    assert a_rule().hash == a_rule(name={"zh": "乙", "en": "b"}).hash
    assert a_rule().hash != a_rule(levels={"orange": {"raise": 1.5}}).hash


@pytest.mark.parametrize(
    ("rest", "line", "message"),
    [
        ("    levels: { yellow: { raise: 1, lift: 2 } }", 3, "lift 2 lies beyond raise 1"),
        ("    levels: { mauve: { raise: 1 } }", 9, "Input should be"),
        ("    levels: { yellow: { raise: high } }", 9, "valid number"),
        ("    levels: { yellow: { raise: 1, for: 3 } }", 9, "not a duration"),
        ("    levels: { yellow: { raise: 1, fro: 3h } }", 9, "Extra inputs"),
        ("    levels: { yellow: { any_of: [] } }", 9, "give one condition"),
        ("    levels: {}", 9, "at least 1 item"),
        ("    levels: { yellow: { raise: 1 } }\n    kind: threshold", 10, "twice"),
        (
            "    levels: { yellow: { raise: 1 } }\n    value: { of_limit: yes, mean: { over: 1h, at_least: 1 } }",
            10,
            "exclude",
        ),
    ],
)
def test_problems_say_file_line_and_what(tmp_path: Path, rest: str, line: int, message: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(HEAD + rest + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_rules(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (file, line)
    assert message in problem.message


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Two broken files and a rule that stands twice: three problems, one error."""
    good = HEAD + "    levels: { yellow: { raise: 1 } }\n"
    (tmp_path / "a.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "d.yaml").write_text("rules: [", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_rules(tmp_path)
    assert [problem.file.name for problem in caught.value.problems] == ["b.yaml", "c.yaml", "d.yaml"]


def test_no_rules_at_all_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no rules"):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 2.5*2 _", [1, 2.5, 2.5, None]),
        ("10..40*4", [10, 20, 30, 40]),
        ("-1", [-1]),
    ],
)
def test_values_are_written_compactly(text: str, values: list[float | None]) -> None:
    assert [one and one.value for one in sent(text)] == values


@pytest.mark.parametrize("text", ["1,2", "x", "1..2", "1*"])
def test_values_not_understood_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"not understood|ramp"):
        sent(text)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("3d", 259200), ("24h", 86400)])
def test_durations_read_and_write_alike(text: str, seconds: float) -> None:
    assert durations.parse(text).total_seconds() == seconds
    assert durations.parse(durations.text(durations.parse(text))).total_seconds() == seconds


@pytest.mark.parametrize("given", ["", "5", 5, "1w", "-5m", None, "1e9h", "9" * 400 + "d"])
def test_durations_of_another_shape_are_refused(given: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        durations.parse(given)


def test_check_lists_the_shipped_rules() -> None:
    result = invoked("check", "--config", str(CONFIG))
    assert result.exit_code == 0
    assert "air-heavy" in result.output
    document = orjson.loads(invoked("check", "--config", str(CONFIG), "--json").output)
    assert document["problems"] == []
    assert {rule["id"] for rule in document["rules"]} == set(RULES)


def test_check_prints_every_problem_and_exits_2(tmp_path: Path) -> None:
    """A rule without a scenario and a procedure without a type are problems too."""
    shutil.copytree(CONFIG / "rules", tmp_path / "rules")
    shutil.copytree(CONFIG / "scenarios", tmp_path / "scenarios")
    (tmp_path / "scenarios" / "device.yaml").unlink()
    (tmp_path / "procedures.yaml").write_text("procedures: { device: automatic }\n", encoding="utf-8")
    result = invoked("check", "--config", str(tmp_path))
    assert result.exit_code == 2
    assert "device-silent: this rule has no scenario" in result.output
    assert "no procedure for pollution_weather" in result.output


def test_test_says_ok_and_shows_what_failed(tmp_path: Path) -> None:
    text = (CONFIG / "scenarios" / "outfall-limit.yaml").read_text(encoding="utf-8")
    file = tmp_path / "other.yaml"
    file.write_text(text.replace("at: 4h, change: downgraded", "at: 3h, change: downgraded"), encoding="utf-8")
    assert invoked("test", "--config", str(CONFIG)).exit_code == 0
    result = invoked("test", "--config", str(CONFIG), str(file))
    assert result.exit_code == 1
    assert "FAILED  other.yaml: an hour above" in result.output
    assert "-       3h  downgraded yellow  out" in result.output
    assert "+       4h  downgraded yellow  out" in result.output
    (failed, *others) = orjson.loads(invoked("test", "--config", str(CONFIG), "--json", str(file)).output)
    assert (failed["passed"], {one["passed"] for one in others}) == (False, {True})


def test_test_of_an_unknown_rule_exits_2(tmp_path: Path) -> None:
    file = tmp_path / "stranger.yaml"
    text = (CONFIG / "scenarios" / "outfall-limit.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("outfall-limit.ss_of_limit]", "nobody]"), encoding="utf-8")
    result = invoked("test", "--config", str(CONFIG), str(file))
    assert result.exit_code == 2
    assert "no rule 'nobody'" in result.output
