"""Provisioning files: what they name is there, and no secret is in them."""

from __future__ import annotations

from typing import Any

import yaml

from alerts.notifications import Language
from grafana import influx_query
from grafana.push import FOLDER_UID
from grafana.sources import UID, UIDS
from tests.support.boards import the_site
from tests.support.district import ROOT

FOLDER = ROOT / "grafana/provisioning"
TITLE = the_site(language=Language.ZH).text("folder.title")


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def test_data_sources_are_those_dashboards_go_by() -> None:
    """InfluxQL, by a token in a header that the environment brings; nobody edits them in Grafana."""
    found = _read("datasources/clearwarn.yaml")["datasources"]
    assert tuple(source["uid"] for source in found) == UIDS
    assert [source["uid"] for source in found if source["isDefault"]] == [UID]
    assert len({source["jsonData"]["dbName"] for source in found}) == len(UIDS)
    for source in found:
        assert source["type"] == influx_query.TYPE
        assert (source["jsonData"]["version"], source["editable"]) == ("InfluxQL", False)
        assert source["jsonData"]["httpHeaderName1"] == "Authorization"
        assert source["secureJsonData"] == {"httpHeaderValue1": "Token $CLEARWARN_INFLUXDB_READ_TOKEN"}
        assert "password" not in source


def test_dashboards_come_into_the_same_folder_as_a_push_s() -> None:
    """By its uid and title."""
    (provider,) = _read("dashboards/clearwarn.yaml")["providers"]
    assert (provider["folderUid"], provider["folder"]) == (FOLDER_UID, TITLE)
    assert (provider["allowUiUpdates"], provider["disableDeletion"]) == (False, True)


def test_alert_rules_are_few_and_of_the_service_alone() -> None:
    """Three; each condition follows from its question; the rules over pollution live in Clearwarn."""
    (group,) = _read("alerting/service.yaml")["groups"]
    assert group["folder"] == TITLE
    assert [rule["uid"] for rule in group["rules"]] == ["clearwarn-ledger", "clearwarn-no-data", "clearwarn-outbox"]
    for rule in group["rules"]:
        asks, reduced, judged = rule["data"]
        assert asks["datasourceUid"] == UID
        assert 'FROM "service"' in asks["model"]["query"]
        assert (reduced["model"]["expression"], judged["model"]["expression"]) == (asks["refId"], reduced["refId"])
        assert rule["condition"] == judged["refId"]
    silent = {rule["uid"]: rule["noDataState"] for rule in group["rules"]}
    assert silent["clearwarn-no-data"] == "Alerting"
