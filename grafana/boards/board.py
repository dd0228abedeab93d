"""What every dashboard has: a fixed uid, the way to the others, refresh, zone, marks of warnings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Dashboard, DashboardCursorSync, DashboardLinkType, VariableModel

from grafana import marks
from grafana.layout import Shelf, placed
from grafana.site import Site

TAG = "clearwarn"
ZONE = "Asia/Shanghai"  # windows of the law are in it, whatever zone a browser is in


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard before it is put together. `marked` is the condition on the warnings marked on its curves."""

    key: str  # of its texts, its uid and its file
    shelves: Iterable[Shelf]
    variables: Sequence[Builder[VariableModel]] = ()
    marked: str
    span: str = "now-24h"
    refresh: str = "1m"


def uid(key: str) -> str:
    """Fixed: links, bookmarks and pushes go by it."""
    return f"clearwarn-{key.replace('_', '-')}"


def dashboard(site: Site, board: Board) -> Dashboard:
    """Put together, as the SDK's model."""
    found = (
        build.Dashboard(site.text(f"{board.key}.title"))
        .uid(uid(board.key))
        .description(site.text(f"{board.key}.about"))
        .tags([TAG])
        .timezone(ZONE)
        .readonly()
        .refresh(board.refresh)
        .time(board.span, "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables(list(board.variables))
        .annotation(marks.warnings(site, board.marked))
        .link(
            build.DashboardLink(site.text("links.boards"))
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(False)
        )
        .build()
    )
    found.panels = list(placed(board.shelves))
    return found
