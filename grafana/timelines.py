"""State timelines: a band for each series, coloured and named by its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common, statetimeline
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, FieldColorModeId, ValueMapping

from grafana.influx_query import SOURCE, InfluxQuery
from grafana.panels import asked, property_
from grafana.site import Site


def timeline(
    site: Site,
    title: str,
    questions: Sequence[str | InfluxQuery],
    mappings: Sequence[ValueMapping],
    *,
    names: Mapping[str, str] | None = None,
    renamed: Sequence[tuple[str, str]] = (),
    interval: str = "10m",
    about: str = "",
) -> statetimeline.Panel:
    """States hold until the next one comes. `renamed` are patterns for parts of names, one after the other."""
    panel = (
        statetimeline.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked(questions)])
        .interval(interval)
        .no_value(site.text("none.yet"))
        .mappings(list(mappings))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#7b8a95"))
        .merge_values(True)
        .show_value(kinds.VisibilityMode.AUTO)
        .row_height(0.8)
        .fill_opacity(90)
        .legend(common.VizLegendOptions().show_legend(False))
    )
    for series, shown in (names or {}).items():
        panel.override_by_name(series, [property_("displayName", shown)])
    for pattern, shown in renamed:
        options = {"regex": pattern, "renamePattern": shown}
        panel.with_transformation(DataTransformerConfig(id_val="renameByRegex", options=options))
    return panel.description(about) if about else panel
