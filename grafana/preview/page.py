"""All dashboards on one page: each in the layout Grafana gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from grafana.building import dashboards
from grafana.filling import POINTS, Filling, chosen, moment
from grafana.outline import geojson
from grafana.preview.content import Content, Scene, content
from grafana.preview.frames import Answer, rows
from grafana.preview.plots import SIZE, Span
from grafana.preview.values import Reader, ink
from grafana.site import Site

_ZONE = ZoneInfo("Asia/Shanghai")
_PAGES = Environment(
    loader=PackageLoader("grafana.preview"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Ask = Callable[[str], Answer]


class Sheet(NamedTuple):
    """One dashboard."""

    uid: str
    title: str
    about: str
    variables: Sequence[tuple[str, str]]
    span: str
    panels: Sequence[Content]


def sheets(site: Site, ask: Ask, *, now: datetime, choices: Mapping[str, str]) -> Iterator[Sheet]:
    """Each dashboard as it opens, but for what `choices` says; ranges end `now`. Raises what `ask` does."""
    outline = json.loads(geojson(site))
    boards = dashboards(site)
    listed = variables(boards.values())
    for uid, board in boards.items():
        filling = _filling(board, now, choices, listed)
        span = Span(*(round(at.timestamp() * 1000) for at in (filling.start, filling.end)))
        (mark,) = board["annotations"]["list"]
        marked = rows([ask(filling.fill(mark["target"]["query"]))])
        scene = Scene(
            span=span,
            reader=Reader(now, site.language.value),
            marks=[(row["Time"], row["text"]) for row in marked],
            outline=outline,
            filling=filling,
        )
        yield Sheet(
            uid=uid,
            title=board["title"],
            about=board["description"],
            variables=[
                (one["label"], filling.variables[one["name"]][0]) for one in board["templating"].get("list") or ()
            ],
            span=f"{_local(filling.start)} – {_local(filling.end)}",
            panels=[_content(panel, ask, scene) for panel in board["panels"]],
        )


def page(site: Site, found: Sequence[Sheet], *, now: datetime) -> str:
    """One HTML page that needs nothing beside it."""
    template = _PAGES.get_template("page.html")
    return template.render(sheets=found, site=site, now=_local(now), size=SIZE, ink=ink, language=site.language.value)


def variables(boards: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Names and values of all that may be chosen on them."""
    return {
        (one["name"], option["value"])
        for board in boards
        for one in board["templating"].get("list") or ()
        for option in one["options"]
    }


def _filling(
    board: Mapping[str, Any], now: datetime, choices: Mapping[str, str], elsewhere: Collection[tuple[str, str]]
) -> Filling:
    """A choice that another dashboard lists, and this one does not, is not meant for it."""
    found = chosen(board)
    listed: Sequence[Mapping[str, Any]] = board["templating"].get("list") or ()
    for one in listed:
        wanted = choices.get(one["name"])
        texts = {option["value"]: option["text"] for option in one["options"]}
        if wanted is None:
            continue
        if wanted in texts:
            found[one["name"]] = (texts[wanted], wanted)
        elif (one["name"], wanted) not in elsewhere:
            found[one["name"]] = (wanted, wanted)  # as Grafana takes it: it may be gone and have a history
    return Filling(start=moment(board["time"]["from"], now), end=now, variables=found)


def _content(panel: Mapping[str, Any], ask: Ask, scene: Scene) -> Content:
    least = panel.get("interval", "10s")
    filling = scene.filling.since(panel.get("timeFrom", ""))
    most = panel.get("maxDataPoints", POINTS)
    answers = [ask(filling.fill(target["query"], least=least, most=most)) for target in panel.get("targets") or ()]
    return content(panel, answers, scene)


def _local(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%m-%d %H:%M}"
