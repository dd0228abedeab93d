"""Panels with figures and curves. Pure: questions and texts in, the SDK's builders out.

Every panel says `no data yet` where it has none: an empty database is no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import text as markdown
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    DynamicConfigValue,
    FieldColorModeId,
    RangeMap,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.text import TextMode

from alerts.rules import Rule
from grafana import palette
from grafana.influx_query import SOURCE, Asking, Format, InfluxQuery
from grafana.limits import Limit, limits
from grafana.site import Site

_REFS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def asked(questions: Iterable[str | InfluxQuery], result_format: Format = "time_series") -> list[Asking]:
    """The questions of one panel, each with a letter of its own."""
    found = []
    for number, question in enumerate(questions):
        ref = _REFS[number % 26] + (str(number // 26) if number >= 26 else "")  # noqa: PLR2004  # of the alphabet
        match question:
            case InfluxQuery():
                found.append(Asking(replace(question, ref_id=ref)))
            case str():
                found.append(Asking(InfluxQuery(query=question, ref_id=ref, result_format=result_format)))
    return found


def steps(values: Sequence[tuple[float | None, str]]) -> build.ThresholdsConfig:
    """Absolute thresholds: from each value on that colour; None is the ground."""
    found = [Threshold(value=value, color=colour) for value, colour in values]
    return build.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def shades(found: Sequence[Limit]) -> list[tuple[float | None, str]]:
    """A rule's own values with their levels' colours. Where less is worse, a colour reaches up to its value."""
    if found and all(one.direction == "below" for one in found):
        colours = [*(palette.LEVELS[one.level] for one in found), palette.CALM]
        return [(None, colours[0]), *((one.value, shade) for one, shade in zip(found, colours[1:], strict=True))]
    return [(None, palette.CALM), *((one.value, palette.LEVELS[one.level]) for one in found)]


def lines(found: Sequence[Limit]) -> list[tuple[float | None, str]]:
    """The same as lines alone: each in its level's colour, whichever side of it is the worse."""
    return [(None, "transparent"), *((one.value, palette.LEVELS[one.level]) for one in found)]


def named(texts: Mapping[str, str], colours: Mapping[str, str] | None = None) -> list[ValueMapping]:
    """Codes shown as words, with a colour where one belongs to it."""
    colours = colours or {}
    return [
        ValueMap(options={
            code: ValueMappingResult(text=word, color=colours.get(code), index=number)
            for number, (code, word) in enumerate(texts.items())
        })
    ]  # fmt: skip


def ranged(ranges: Sequence[tuple[float | None, float | None, str, str]]) -> list[ValueMapping]:
    """Values from one to another (None: open) as words in colours."""
    return [
        RangeMap(
            options=DashboardRangeMapOptions(
                from_val=low, to=high, result=ValueMappingResult(text=word, color=colour, index=number)
            )
        )
        for number, (low, high, word, colour) in enumerate(ranges)
    ]


def figure(
    site: Site,
    title: str,
    question: str,
    *,
    unit: str = "none",
    colours: Sequence[tuple[float | None, str]] = ((None, palette.SERIES),),
    nothing: str = "",
    about: str = "",
    decimals: int = 0,
    mappings: Sequence[ValueMapping] = (),
    since: str = "",
) -> stat.Panel:
    """One figure, as large as its panel: the first row is read from three metres. `since` is a range of its own."""
    panel = (
        stat.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked([question], "table")])
        .unit(unit)
        .decimals(decimals)
        .no_value(nothing or site.text("none.yet"))
        .thresholds(steps(colours))
        .mappings(list(mappings))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .color_mode(kinds.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .text_mode(kinds.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/^(?!Time$).*/"))
    )
    if since:
        panel.time_from(since)
    return panel.description(about) if about else panel


def figures(site: Site, title: str, asks: Sequence[InfluxQuery], parameters: Sequence[str]) -> stat.Panel:
    """The newest value of each parameter, with its name, unit and decimals."""
    panel = (
        stat.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked(asks)])
        .no_value(site.text("none.yet"))
        .color_mode(kinds.BigValueColorMode.NONE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/^(?!Time$).*/"))
    )
    for name in parameters:
        panel.override_by_name(
            name,
            [
                property_("displayName", site.name(site.catalog.parameters[name].name)),
                property_("unit", site.unit(name)),
                property_("decimals", site.decimals(name)),
            ],
        )
    return panel


def curves(
    site: Site,
    title: str,
    questions: Sequence[str | InfluxQuery],
    *,
    unit: str = "none",
    decimals: int = 1,
    rules: Sequence[Rule] = (),
    names: Mapping[str, str] | None = None,
    interval: str = "1h",
    about: str = "",
    zero: bool = False,
    gap: timedelta | None = None,
    most: int = 0,
) -> timeseries.Panel:
    """Series over time, gaps left as gaps; a rule's levels are lines, and stand in the title with their names.

    With `gap` a line ends where nothing came for so long: for series of any pace, asked without empty stretches.
    `most` points a line are asked for rather than as many as the panel is wide: where there is a line for each station.
    """
    drawn = limits(rules)
    panel = (
        timeseries.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked(questions)])
        .unit(unit)
        .decimals(decimals)
        .interval(interval)
        .no_value(site.text("none.yet"))
        .line_width(2)
        .show_points(kinds.VisibilityMode.AUTO)
        .point_size(4)
        .span_nulls(False)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.DESCENDING))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    )
    if drawn:
        panel.thresholds(steps(lines(drawn))).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.DASHED)
        )
        panel.axis_soft_max(max(one.value for one in drawn) * 1.05)
    if most:
        panel.max_data_points(most)
    if gap is not None:
        panel.insert_nulls(millis(gap))
    if zero:
        panel.axis_soft_min(0)
    for series, shown in (names or {}).items():
        panel.override_by_name(series, [DynamicConfigValue(id_val="displayName", value=shown)])
    return panel.description(about) if about else panel


def millis(duration: timedelta) -> float:
    """As Grafana counts time."""
    return duration / timedelta(milliseconds=1)


def points(panel: timeseries.Panel, series: str, colour: str) -> timeseries.Panel:
    """Draws one series of that panel as large dots and no line: what is doubtful is told by shape."""
    return panel.override_by_name(
        series,
        [
            DynamicConfigValue(id_val="custom.drawStyle", value="points"),
            DynamicConfigValue(id_val="custom.pointSize", value=8),
            DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour}),
        ],
    )


def bars(panel: timeseries.Panel) -> timeseries.Panel:
    """Counts of a stretch, one on the other."""
    return (
        panel.draw_style(kinds.GraphDrawStyle.BARS)
        .fill_opacity(70)
        .line_width(0)
        .stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
    )


def ranking(
    site: Site,
    title: str,
    questions: Sequence[str | InfluxQuery],
    *,
    unit: str = "none",
    decimals: int = 0,
    about: str = "",
    names: Mapping[str, str] | None = None,
    thresholds: Sequence[tuple[float | None, str]] = ((None, palette.SERIES),),
) -> bargauge.Panel:
    """The newest value of each series, side by side, as bars with their figures."""
    panel = (
        bargauge.Panel()
        .title(title)
        .datasource(SOURCE)
        .targets([*asked(questions)])
        .unit(unit)
        .decimals(decimals)
        .min(0)
        .no_value(site.text("none.yet"))
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .display_mode(kinds.BarGaugeDisplayMode.BASIC)
        .thresholds(steps(thresholds))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    for series, shown in (names or {}).items():
        panel.override_by_name(series, [DynamicConfigValue(id_val="displayName", value=shown)])
    return panel.description(about) if about else panel


def note(title: str, content: str) -> markdown.Panel:
    """Text, as Markdown."""
    return markdown.Panel().title(title).mode(TextMode.MARKDOWN).content(content)


def shown_as(question: str, alias: str = "$tag_station") -> InfluxQuery:
    """A question whose series are called by a tag alone: overrides then give them their names."""
    return InfluxQuery(query=question, alias=alias)


def property_(id_: str, value: Any) -> DynamicConfigValue:
    """One property of an override."""
    return DynamicConfigValue(id_val=id_, value=value)
