"""Tables: columns with headings, codes as words, links to where people act. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import table as build
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, ValueMapping

from alerts.model import Level
from grafana import palette
from grafana.influx_query import SOURCE
from grafana.panels import asked, named, property_, steps
from grafana.site import Site

MOMENT = "dateTimeAsIso"
AGO = "dateTimeFromNow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: the field's name, its heading, how its values are shown; `link` names the field with an address."""

    field: str
    heading: str
    unit: str = ""
    decimals: int | None = None
    width: int = 0
    mappings: Sequence[ValueMapping] = ()
    thresholds: Sequence[tuple[float | None, str]] = ()
    link: str = ""
    coloured: bool = False


def table(
    site: Site,
    title: str,
    questions: Sequence[str],
    columns: Sequence[Column],
    *,
    sort: tuple[str, bool] | None = None,
    about: str = "",
    since: str = "",
) -> build.Panel:
    """Only these columns, in this order."""
    panel = (
        build.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked(questions, "table")])
        .no_value(site.text("none.yet"))
        .show_header(True)
    )
    shown = {one.field: number for number, one in enumerate(columns)}
    panel.with_transformation(
        DataTransformerConfig(
            id_val="organize",
            options={
                "indexByName": shown,
                "includeByName": dict.fromkeys((*shown, *(one.link for one in columns if one.link)), True),
                "renameByName": {one.field: one.heading for one in columns},
            },
        )
    )
    for one in columns:
        panel.override_by_name(one.heading, _properties(one))
        if one.link:
            panel.override_by_name(one.link, [property_("custom.hideFrom.viz", True), property_("custom.hidden", True)])
    if sort is not None:
        panel.sort_by([common.TableSortByFieldState().display_name(sort[0]).desc(sort[1])])
    if since:
        panel.time_from(since)
    return panel.description(about) if about else panel


def _properties(column: Column) -> list[Any]:
    found = []
    if column.unit:
        found.append(property_("unit", column.unit))
    if column.decimals is not None:
        found.append(property_("decimals", column.decimals))
    if column.width:
        found.append(property_("custom.width", column.width))
    if column.mappings:
        found.append(property_("mappings", list(column.mappings)))
    if column.thresholds:
        found.append(property_("thresholds", steps(column.thresholds).build()))
    if column.coloured:
        found.append(property_("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if column.link:
        # The address comes with the row: the JSON names no host, and a link leads where that row's service is.
        to = {"title": column.heading, "url": f"${{__data.fields.{column.link}}}", "targetBlank": True}
        found.append(property_("links", [to]))
    return found


def levels(site: Site, *, nothing: str | None = None, calm: str = palette.CALM) -> list[ValueMapping]:
    """Ranks 1 to 4 as the levels' names in their colours; 0 is nothing."""
    words = {str(level.rank + 1): site.level(level) for level in Level}
    colours = {str(level.rank + 1): palette.LEVELS[level] for level in Level}
    return named({"0": site.text("level.none") if nothing is None else nothing, **words}, {"0": calm, **colours})


def level_column(site: Site) -> Column:
    """The level by its name, in its colour."""
    return Column(field="rank", heading=site.text("column.level"), mappings=levels(site), coloured=True, width=90)


def codes(texts: Mapping[Any, str]) -> list[ValueMapping]:
    """Members of an enum as their words."""
    return named({str(code): word for code, word in texts.items()})


def subjects(site: Site) -> list[ValueMapping]:
    """Stations and areas by name; one that is gone from the catalogue keeps its id."""
    return named(site.subjects)
