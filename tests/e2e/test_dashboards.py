"""Every query of every panel against a week that the service itself wrote into a real InfluxDB."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from grafana.filling import Filling, chosen, moment
from tests.support.boards import boards, queries, the_site
from tests.support.district import ROOT
from tests.support.week import Week, a_week

ALERTS = ROOT / "grafana/provisioning/alerting/service.yaml"
WITHIN = 0.5  # s, for each query
# An officer chooses a station that something happened to; its values by variable.
CHOSEN = {
    "clearwarn-station": {"station": "src-res-01", "parameter": "cond"},
    "clearwarn-air-station": {"station": "air-05"},
}
# A question a kind of station stands in these panels: the station that is chosen answers one of them.
BY_KIND = {"clearwarn-station / 全部因子：最新值与标记", "clearwarn-station / 标记时间线（取最差）"}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    with a_week(tmp_path_factory.mktemp("week")) as found:
        yield found


def _filling(board: Mapping[str, Any], end: datetime) -> Filling:
    variables = chosen(board) | {name: (value, value) for name, value in CHOSEN.get(board["uid"], {}).items()}
    return Filling(start=moment(board["time"]["from"], end), end=end, variables=variables)


def _some(series: list[dict[str, Any]]) -> bool:
    return any(value is not None for one in series for row in one["values"] for value in row[1:])


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_every_panel_shows_something_and_soon(week: Week) -> None:
    """With its variables as they are when it opens; a panel that shows nothing is named. So is an alert rule."""
    now = datetime.now(UTC)
    empty: list[str] = []
    slow: dict[str, float] = {}
    answered: dict[str, bool] = {}
    for board in boards(the_site(week.config)).values():
        filling = _filling(board, now)
        for query in queries(board):
            began = time.perf_counter()
            series = week.ask(filling.fill(query.text, least=query.least))
            took = time.perf_counter() - began
            if took > WITHIN:
                slow[query.name] = round(took, 2)
            panel = f"{query.board} / {query.panel}"
            answered[panel] = answered.get(panel, False) or _some(series)
            if not _some(series) and panel not in BY_KIND:
                empty.append(query.name)
    filling = Filling(start=now - timedelta(hours=3), end=now)
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    asked = {rule["uid"]: filling.fill(rule["data"][0]["model"]["query"]) for rule in rules}
    empty += [uid for uid, question in asked.items() if not _some(week.ask(question))]
    assert empty == []
    assert [panel for panel, some in answered.items() if not some] == []
    assert slow == {}
