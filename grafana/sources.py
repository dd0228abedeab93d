"""Which of Grafana's data sources a question is put to: one for each database a measurement may be in. Pure.

A measurement may have a bucket, and so a retention, of its own (`store.apart` in service.yaml), and to InfluxQL a
bucket is a database. Where all are in one, the three sources name the same: dashboards need not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UID = "clearwarn"
INDEX, WARNING = f"{UID}-index", f"{UID}-warning"
UIDS = (UID, INDEX, WARNING)  # as provisioned
_APART = {"index": INDEX, "warning": WARNING, "ledger": WARNING}  # by measurement; all others are beside the readings
_MIXED = {"type": "datasource", "uid": "-- Mixed --"}  # Grafana's own, of a panel whose questions have several
_FROM = re.compile(r'\bFROM "(\w+)"')


def measurement(statement: str) -> str:
    """The one that it asks; empty where it names none."""
    found = _FROM.search(statement)
    return found[1] if found else ""


def uid_of(statement: str) -> str:
    """The source it is put to."""
    return _APART.get(measurement(statement), UID)


def placed(dashboard: Mapping[str, Any]) -> Mapping[str, Any]:
    """The dashboard with panels and marks at the source of their questions: the builders know but one."""
    marks = dashboard["annotations"]
    return {
        **dashboard,
        "annotations": {**marks, "list": [{**one, "datasource": one["target"]["datasource"]} for one in marks["list"]]},
        "panels": [_panel(panel) for panel in dashboard["panels"]],
    }


def _panel(panel: Mapping[str, Any]) -> Mapping[str, Any]:
    sources = {target["datasource"]["uid"]: target["datasource"] for target in panel.get("targets") or ()}
    if not sources:
        return panel
    return {**panel, "datasource": _MIXED if len(sources) > 1 else next(iter(sources.values()))}
