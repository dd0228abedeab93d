"""The shipped spill through the real service, in replayed time: people know before the water can be at the intake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from device_sim.scenario import Spill
from tests.support.district import catalog_of, shipped_scenario
from tests.support.mosquitto import mosquitto
from tests.support.service import Running, a_configuration, clearwarn, serving

UPSTREAM, INTAKE = "source-upstream-nh3_n.5m", "source-intake-nh3_n.5m"
_ARRIVAL = re.compile(r"reaches (\S+) between (\S+ \S+) and (\S+ \S+) UTC\+8")


def arrivals(sentence: str) -> tuple[str, datetime, datetime]:
    """The intake, and the earliest and the latest arrival there, as a warning states them."""
    found = _ARRIVAL.search(sentence)
    assert found, sentence
    intake, first, last = found.groups()
    earliest, latest = (datetime.fromisoformat(f"{wall}+08:00") for wall in (first, last))
    return intake, earliest, latest


def files(service: Running) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Exceedances with everything behind them, by rule and station; of each there is one. Changes may come and go."""
    each = [service.get(f"/api/warnings/{one['id']}") for one in service.get("/api/warnings?limit=1000")]
    found = [one for one in each if one["rule"] in {UPSTREAM, INTAKE}]
    by_rule = {(one["rule"], one["station"]): one for one in found}
    assert len(by_rule) == len(found)
    return by_rule


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_spill_is_told_before_it_can_be_at_the_intake(tmp_path: Path) -> None:
    """Raised, and put to people, before the earliest arrival that it states itself; the water comes between the two."""
    [spill] = [one for one in shipped_scenario().episodes if isinstance(one, Spill)]
    intake, monitor = catalog_of().monitors[spill.at]
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=8)
    real = start + spill.begins + timedelta(seconds=monitor.distance_km * 1000 / spill.velocity)
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker)
        with serving(config, tmp_path / "data", "--clock", "replay") as service:
            service.ready()
            when = ("--start", f"{start:%Y-%m-%dT%H:%M:%S}", "--backfill", "0s", "--speed", "max", "--clock")
            done = clearwarn("simulate", "--broker", broker.url, *when, config=config)
            assert done.returncode == 0, done.stderr
            service.until("/api/intake", lambda now: now["received"] > 0 and not now["waiting"])
            service.until("/api/warnings?limit=1000", lambda told: any(_is_at(one, intake) for one in told))
            found = files(service)
            assert service.stop() == 0
    upstream, at_the_intake = found[UPSTREAM, spill.at], found[INTAKE, intake]
    said, earliest, latest = arrivals(upstream["inequality"])
    assert said == intake
    assert earliest < real < latest
    assert f"m/s measured at {intake})" in upstream["inequality"]
    raised = datetime.fromisoformat(upstream["raised_at"])
    assert raised < earliest
    first = upstream["acts"][0]
    assert (first["kind"], first["level"]) == ("issued", "orange")
    assert datetime.fromisoformat(first["at"]) < earliest
    told = [datetime.fromisoformat(one["queued_at"]) for one in upstream["notifications"]]
    assert min(told) < earliest
    (graver,) = (one for one in upstream["acts"] if one["level"] == "red" and one["kind"] == "upgraded")
    assert datetime.fromisoformat(graver["at"]) < real
    assert earliest < datetime.fromisoformat(at_the_intake["onset"]) < latest


def _is_at(warning: Mapping[str, Any], intake: str) -> bool:
    return (warning["station"], warning["parameter"]) == (intake, "nh3_n")
