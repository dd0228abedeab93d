"""One panel's content: what Grafana would show there, ready for the template. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana.filling import Filling
from grafana.preview.frames import Answer, Row, Series, properties_of, rows, series
from grafana.preview.plots import Span, bands, ground, plot
from grafana.preview.values import Reader, Shown, ink

_SHORT = 14  # characters: what a narrow column has room for on one line
_MOST_ROWS = 60  # a page is looked at, not searched


class Content(NamedTuple):
    """A panel in its place; `kind` chooses the part of the template, `shown` is what that part needs."""

    kind: str
    title: str
    about: str
    place: Mapping[str, int]
    shown: Any


class Figure(NamedTuple):
    """One large figure."""

    name: str
    shown: Shown
    ink: str


class Scene(NamedTuple):
    """What surrounds every panel: the range, who looks, the marks, the outline, what was chosen."""

    span: Span
    reader: Reader
    marks: Sequence[tuple[int, str]]
    outline: Mapping[str, Any]
    filling: Filling


def content(panel: Mapping[str, Any], answers: Sequence[Answer], scene: Scene) -> Content:
    """What a panel shows of these answers; the kind `nothing` where that is nothing."""
    kind, shown = _shown(panel, answers, scene)
    if not shown:
        kind, shown = "nothing", panel.get("fieldConfig", {}).get("defaults", {}).get("noValue", "")
    title = scene.filling.words(panel["title"])
    return Content(kind, title, panel.get("description", ""), panel["gridPos"], shown)


def _shown(panel: Mapping[str, Any], answers: Sequence[Answer], scene: Scene) -> tuple[str, Any]:
    kind: str = panel["type"]
    match kind:
        case "text":
            found: Any = markdown(panel["options"]["content"])
        case "row":
            found = panel["title"]
        case "stat":
            found = _figures(panel, rows(answers), scene)
        case "table":
            found = _table(panel, rows(answers), scene)
        case "geomap":
            found = _map(panel, rows(answers), scene)
        case _:
            found = _over_time(panel, series(panel, answers), scene)
    return kind, found


def _map(panel: Mapping[str, Any], found: Sequence[Row], scene: Scene) -> Any:
    fields = {name: properties_of(panel, name) for name in ("station", "rank", "heard")}
    return ground(scene.outline, found, fields, scene.reader) if found else None


def _over_time(panel: Mapping[str, Any], found: Sequence[Series], scene: Scene) -> Any:
    if not found:
        return None
    match panel["type"]:
        case "timeseries":
            return plot(panel, found, scene.span, scene.reader, scene.marks)
        case "state-timeline":
            return bands(panel, found, scene.span, scene.reader)
        case "bargauge":
            return _gauges(panel, found, scene)
        case other:
            raise NotImplementedError(other)


def _gauges(panel: Mapping[str, Any], found: Sequence[Series], scene: Scene) -> list[tuple[str, Shown, float]]:
    """Each series' newest value, and its share of the largest in per cent."""
    newest = [(one.name, next(value for _, value in reversed(one.points) if value is not None)) for one in found]
    most = max(value for _, value in newest) or 1
    defaults = panel["fieldConfig"]["defaults"]
    return [(name, scene.reader.shown(value, defaults), 100 * max(0.0, value) / most) for name, value in newest]


def _figures(panel: Mapping[str, Any], found: Sequence[Row], scene: Scene) -> list[Figure]:
    """Each field's newest value; names only where there are several."""
    fields = list(dict.fromkeys(name for row in found for name in row if name not in {"Time", "period", "station"}))
    figures = []
    for field in fields:
        value = next((row[field] for row in reversed(found) if row.get(field) is not None), None)
        if value is not None:
            properties = properties_of(panel, field)
            shown = scene.reader.shown(value, properties)
            name = str(properties.get("displayName", "")) if panel["options"]["textMode"] == "value_and_name" else ""
            coloured = panel["options"]["colorMode"] != "none" and shown.colour
            figures.append(
                Figure(
                    name, shown._replace(colour=shown.colour if coloured else ""), ink(shown.colour) if coloured else ""
                )
            )
    return figures  # fmt: skip


def _table(panel: Mapping[str, Any], found: Sequence[Row], scene: Scene) -> Mapping[str, Any] | None:
    """Only the columns named, in their order and under their headings, sorted as the panel says."""
    if not found:
        return None
    organize = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
    fields = sorted(organize["indexByName"], key=lambda name: organize["indexByName"][name])
    headings = {field: organize["renameByName"][field] for field in fields}
    properties = {field: properties_of(panel, heading) for field, heading in headings.items()}
    for by in panel["options"].get("sortBy") or ():
        (field,) = [name for name, heading in headings.items() if heading == by["displayName"]]
        found = sorted(
            found, key=lambda row: (row.get(field) is not None, row.get(field) or 0), reverse=by.get("desc", False)
        )
    body = []
    for row in found[:_MOST_ROWS]:
        cells = []
        for field in fields:
            shown = scene.reader.shown(row.get(field), properties[field])
            coloured = "custom.cellOptions" in properties[field] and shown.colour
            links = properties[field].get("links") or ()
            to = next((row.get(_field(link["url"])) for link in links), None)
            cells.append((shown.text, shown.colour if coloured else "", ink(shown.colour) if coloured else "", to))
        body.append(cells)
    return {
        "headings": list(headings.values()),
        "narrow": [
            "custom.width" in properties[field] and all(len(row[place][0]) <= _SHORT for row in body)
            for place, field in enumerate(fields)
        ],
        "rows": body,
        "more": max(0, len(found) - _MOST_ROWS),
    }  # fmt: skip


def _field(url: str) -> str:
    return url.removeprefix("${__data.fields.").removesuffix("}")


def markdown(text: str) -> str:
    """As much of Markdown as our own notes use: tables, lists, bold, code."""
    lines = text.split("\n")
    if lines[0].startswith("| "):
        cells = [[_inline(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        head = "".join(f"<th>{cell}</th>" for cell in cells[0])
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells[2:])
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return "<ul>" + "".join(f"<li>{_inline(line.removeprefix('- '))}</li>" for line in lines) + "</ul>"


def _inline(text: str) -> str:
    said = html.escape(html.unescape(text)).replace("\\|", "|").replace("\\*", "&#42;")
    said = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", said)
    return re.sub(r"`(.+?)`", r"<code>\1</code>", said)
