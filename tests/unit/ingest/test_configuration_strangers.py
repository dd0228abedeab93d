"""Rules and catalogue, held against each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alerts.errors import ConfigurationError
from ingest.configuration import Configuration
from tests.support.district import ROOT


@pytest.mark.parametrize(
    ("right", "wrong"), [("parameter: nh3_n", "parameter: nh3n"), ("roles: [intake]", "roles: [intaek]")]
)
def test_configuration_refuses_a_rule_that_would_watch_nothing(tmp_path: Path, right: str, wrong: str) -> None:
    """A misspelt parameter or role is a problem: otherwise the rule sleeps for ever."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    file = folder / "rules/source.yaml"
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        Configuration.load(folder)
    assert [problem.message for problem in refused.value.problems] == [
        f"the catalogue has no {wrong.split(': ')[1].strip('[]')!r}"
    ]


def test_configuration_holds_the_air_standards_or_is_refused(tmp_path: Path) -> None:
    """`config check` reads them too."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    assert [edition.name for edition in Configuration.load(folder).air.editions] == ["hj633-2012", "hj633-2026"]
    (folder / "standards/hj663.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"hj663\.yaml: cannot be read"):
        Configuration.load(folder)
