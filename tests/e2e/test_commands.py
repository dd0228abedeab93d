"""Commands as scripts see them: exit codes and what is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.district import ROOT
from tests.support.mosquitto import mosquitto
from tests.support.service import a_configuration, clearwarn

COMMANDS = (
    *("demo", "serve", "simulate", "replay", "rules", "rules check", "rules test", "config check", "doctor"),
    *("broker acl", "broker certs", "secrets", "store prepare", "backup", "restore", "index air", "index year"),
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped configuration, to spoil."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path / "config"


@pytest.mark.e2e
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_there_for_every_command(command: str) -> None:
    """`--help` explains and exits 0."""
    said = clearwarn(*command.split(), "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert "Usage:" in said.stdout


@pytest.mark.e2e
def test_config_check_names_every_problem_with_file_and_line(config: Path) -> None:
    """All of them at once, exit code 2."""
    stations = config / "stations" / "air.yaml"
    text = stations.read_text(encoding="utf-8")
    stations.write_text(text.replace("interval: 1h", "interval: 1 fortnight", 1).replace("kind: air", "kind: aer", 1))
    people = config / "people.yaml"
    people.write_text(people.read_text(encoding="utf-8").replace("language: zh", "language: fr", 1))
    (config / "procedures.yaml").unlink()
    found = clearwarn("config", "check", config=config)
    assert found.returncode == 2
    assert found.stdout == ""
    for place in ("air.yaml:", "people.yaml:", "procedures.yaml: cannot be read"):
        assert place in found.stderr
    lines = [line for line in found.stderr.splitlines() if "air.yaml:" in line]
    assert len(lines) == 2
    assert all(line.split("air.yaml:")[1].split(":")[0].isdigit() for line in lines)


@pytest.mark.e2e
def test_serve_refuses_a_wrong_configuration(config: Path) -> None:
    """It does not start half."""
    (config / "service.yaml").write_text("broker: {port: 99999}\nmystery: 1\n", encoding="utf-8")
    refused = clearwarn("serve", config=config)
    assert refused.returncode == 2
    assert "service.yaml:1: broker.port" in refused.stderr
    assert "service.yaml:2: mystery" in refused.stderr


@pytest.mark.e2e
def test_rules_check_fails_for_a_rule_without_a_scenario(config: Path) -> None:
    """Exit code 2, naming the rule."""
    shutil.rmtree(config / "scenarios")
    (config / "scenarios").mkdir()
    found = clearwarn("rules", "check", config=config)
    assert found.returncode == 2
    assert "air-heavy" in found.stderr


@pytest.mark.e2e
def test_rules_test_fails_when_a_scenario_does(config: Path) -> None:
    """Exit code 1, with what was expected and what came."""
    rules = config / "rules" / "outfall.yaml"
    text = rules.read_text(encoding="utf-8")
    assert "raise: 1" in text
    rules.write_text(text.replace("raise: 1", "raise: 7", 1), encoding="utf-8")
    found = clearwarn("rules", "test", config=config)
    assert found.returncode == 1
    assert "FAILED" in found.stdout


@pytest.mark.e2e
def test_doctor_finds_a_broker_that_is_not_there_and_one_that_is(tmp_path: Path) -> None:
    """Exit code 1 and a remedy; 0 when all is well."""
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker, data=str(tmp_path / "data"))
        well = clearwarn("doctor", "--json", config=config)
    gone = clearwarn("doctor", "--json", config=config)
    assert well.returncode == 0, well.stdout
    assert gone.returncode == 1
    (broken,) = [finding for finding in json.loads(gone.stdout) if finding["verdict"] == "wrong"]
    assert broken["what"] == "broker"
    assert "service.yaml" in broken["remedy"]
