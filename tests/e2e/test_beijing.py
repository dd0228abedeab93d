"""A month of twelve real stations through a real broker into the real service."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.district import ROOT
from tests.support.mosquitto import mosquitto
from tests.support.recorded import recorded
from tests.support.service import a_configuration, clearwarn, serving

SHANGHAI = ZoneInfo("Asia/Shanghai")
VALUES = 52_962  # of the six pollutants in the month; empty cells are not sent


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_december_2016_proposes_heavy_pollution(tmp_path: Path) -> None:
    """The episode of 20-21 December is proposed, in the district's name, and everything sent is stored once."""
    file = recorded("air_beijing12_hourly_20151101_20170228.csv.gz")
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker, stations=ROOT / "tests/support/beijing")
        with serving(config, tmp_path / "data", "--clock", "replay") as service:
            service.ready()
            month = ("--from", "2016-12-01T00:00", "--to", "2016-12-31T23:00")
            sent = clearwarn("replay", str(file), "--broker", broker.url, *month, "--json", config=config)
            assert sent.returncode == 0, sent.stderr
            intake = service.until("/api/intake", lambda now: now["stored"] >= VALUES)
            warnings = service.get("/api/warnings?limit=1000")
            assert service.stop() == 0
    assert (intake["received"], intake["stored"], intake["quarantined"], intake["waiting"]) == (VALUES, VALUES, 0, 0)
    proposals = [warning for warning in warnings if warning["type"] == "pollution_weather"]
    assert {warning["area"] for warning in proposals} == {"beijing"}
    around = [warning for warning in proposals if _day(warning["onset"]) <= 20 <= _day(warning["changed_at"])]
    coloured = [warning for warning in around if warning["highest"] != "blue"]
    assert [(one["kind"], one["parameter"], one["highest"]) for one in coloured] == [("air", "aqi_24h", "red")]


def _day(moment: str) -> int:
    return datetime.fromisoformat(moment).astimezone(SHANGHAI).day
