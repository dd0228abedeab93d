"""Targets of the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.errors import ConfigurationError
from alerts.targets import Targets, load_targets
from tests.support.district import ROOT


def test_shipped_targets_are_the_plan_s() -> None:
    """As DESIGN has them."""
    found = load_targets(ROOT / "config/targets.yaml")
    assert (found.good_air_days, found.pm2_5, found.heavy_pollution_days) == (97.8, 19.2, 0)


@pytest.mark.parametrize(("share", "days", "allowed"), [(97.8, 365, 8), (97.8, 366, 8), (100.0, 365, 0), (50.0, 4, 1)])
def test_allowance_keeps_the_share(share: float, days: int, allowed: int) -> None:
    """The most bad days with which it is still more than the target."""
    assert Targets(good_air_days=share, pm2_5=1, heavy_pollution_days=0).allowance(days) == allowed


def test_what_is_wrong_is_said_with_its_line(tmp_path: Path) -> None:
    """Every problem at once."""
    file = tmp_path / "targets.yaml"
    file.write_text("good_air_days: 120\npm2_5: -1\nheavy_pollution_days: 0\nmore: 1\n")
    with pytest.raises(ConfigurationError) as raised:
        load_targets(file)
    assert sorted(problem.line for problem in raised.value.problems) == [1, 2, 4]
