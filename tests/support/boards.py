"""Dashboards of a configuration, as tests look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from alerts.notifications import Language
from grafana.building import dashboards
from grafana.filling import POINTS
from grafana.site import Site
from ingest.configuration import Configuration
from tests.support.district import ROOT


def the_site(config: Path = ROOT / "config", *, language: Language = Language.ZH, **changes: Any) -> Site:
    """Of the shipped configuration, or of another one."""
    read = Configuration.load(config)
    return replace(
        Site(
            catalog=read.catalog,
            rules=read.rules,
            air=read.air,
            water=read.water,
            targets=read.targets,
            language=language,
        ),
        **changes,
    )


def boards(site: Site) -> Mapping[str, dict[str, Any]]:
    """The dashboards by uid, as Grafana would read them."""
    return {uid: dict(board) for uid, board in dashboards(site).items()}


class Query(NamedTuple):
    """One question of a panel, or of the marks (panel `marks`)."""

    board: str
    panel: str
    ref: str
    text: str
    least: str
    since: str = ""
    most: int = POINTS

    @property
    def name(self) -> str:
        """As a failure names it."""
        return f"{self.board} / {self.panel} / {self.ref}"


def panels(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All but the headings of rows."""
    return [one for one in board["panels"] if one["type"] != "row"]


def queries(board: Mapping[str, Any]) -> Iterator[Query]:
    """Every question it asks."""
    for panel in panels(board):
        for target in panel.get("targets") or ():
            least = panel.get("interval", "10s")
            since = panel.get("timeFrom", "")
            most = panel.get("maxDataPoints", POINTS)
            yield Query(board["uid"], panel["title"], target["refId"], target["query"], least, since, most)
    for mark in board["annotations"]["list"]:
        yield Query(board["uid"], "marks", mark["target"]["refId"], mark["target"]["query"], "10s")
