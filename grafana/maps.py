"""The map: stations where they are, coloured by state, on our own outline; nothing is fetched from outside. Pure."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common, geomap
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from alerts.model import Level
from grafana import palette, question, tables
from grafana.influx_query import SOURCE
from grafana.outline import FILE
from grafana.panels import asked, property_, steps
from grafana.site import Site

OUTLINE = f"public/maps/{FILE}"  # beside Grafana's own; the compose file puts it there


def stations(site: Site, title: str, given: str) -> geomap.Panel:
    """Each station with its gravest open warning; the tooltip has names and the last word heard."""
    asks = question.latest(
        "station", 'last("rank") AS "rank", "silent", "heard" / 1000 AS "heard", "lat", "lon", "url"', given
    )
    return (
        geomap.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked([asks], "table")])
        .no_value(site.text("none.yet"))
        .thresholds(steps([(None, palette.CALM), *((level.rank + 1, palette.LEVELS[level]) for level in Level)]))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .override_by_name("rank", [
            property_("displayName", site.text("column.level")),
            property_("mappings", tables.levels(site, nothing="")),
        ])
        .override_by_name("station", [
            property_("displayName", site.text("column.station")),
            property_("mappings", tables.subjects(site)),
        ])
        .override_by_name("heard", [
            property_("displayName", site.text("column.heard")),
            property_("unit", tables.AGO),
        ])
        .view(geomap.MapViewConfig().id("fit").all_layers(True).padding(15))
        .controls(geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(False).show_attribution(False).show_scale(True))
        .basemap(
            common.MapLayerOptions()
            .type("geojson")
            .name(site.text("map.outline"))
            .config({
                "src": OUTLINE,
                "style": {"color": {"fixed": palette.UNKNOWN}, "opacity": 0.25, "lineWidth": 1},
                "rules": [],
            })
        )
        .layers([
            common.MapLayerOptions()
            .type("markers")
            .name(title)
            .tooltip(True)
            .location(
                common.FrameGeometrySource()
                .mode(kinds.FrameGeometrySourceMode.COORDS)
                .latitude("lat")
                .longitude("lon")
            )
            .config({
                "showLegend": True,
                "style": {
                    "color": {"field": "rank", "fixed": palette.UNKNOWN},
                    "size": {"fixed": 9, "min": 4, "max": 14},
                    "opacity": 0.9,
                    "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                    "text": {"mode": "field", "field": "rank"},
                    "textConfig": {"fontSize": 11, "offsetX": 0, "offsetY": 14, "textBaseline": "top"},
                },
            })
        ])
    )  # fmt: skip
