"""A line on a panel is the rule's own number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.index_names import limited, share_of_limit
from alerts.model import Level
from alerts.notifications import Language
from alerts.rules.arrival import ArrivalRule
from alerts.rules.threshold import ThresholdRule
from grafana import palette
from grafana.limits import limits, of_completeness, of_forecasts, said, watching
from ingest.model import Kind
from tests.support.boards import boards, panels, the_site

SITE = the_site()
BY_COLOUR = {colour: level for level, colour in palette.LEVELS.items()}
RULES = [rule for rule in SITE.rules if isinstance(rule, ThresholdRule | ArrivalRule)]


def _values(rule: ThresholdRule | ArrivalRule) -> Iterator[tuple[float, Level]]:
    if isinstance(rule, ArrivalRule):
        yield from ((rule.limit, level) for level in rule.levels)
        return
    for level, settings in rule.levels.items():
        for condition in settings.conditions:
            yield condition.raise_, level


def _drawn(panel: Mapping[str, Any]) -> set[float]:
    """Values of a panel's thresholds, of curves alone: their lines are rules'."""
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", ())
    return {step["value"] for step in steps if step["value"] is not None}


def _curves() -> list[dict[str, Any]]:
    return [panel for board in boards(SITE).values() for panel in panels(board) if panel["type"] == "timeseries"]


def test_every_line_is_a_rule_s() -> None:
    """No number of a dashboard's own."""
    ours = {value for rule in RULES for value, _ in _values(rule)}
    lines = [(panel["title"], _drawn(panel)) for panel in _curves() if panel["title"] and _drawn(panel)]
    assert {title: values - ours for title, values in lines if values - ours} == {}


def test_every_rule_s_values_are_drawn() -> None:
    """Of what is measured and watched by a threshold, each value is a line on some panel of that parameter."""
    drawn = [(panel["title"], _drawn(panel)) for panel in _curves()]
    for rule in RULES:
        parameter = limited(rule.parameter) or rule.parameter
        name = SITE.called(parameter) if parameter in SITE.catalog.parameters else SITE.index(parameter)
        there = [values for title, values in drawn if name in title]
        wanted = {value for value, _ in _values(rule)}
        assert any(wanted <= values for values in there), rule.id


def test_changing_a_rule_moves_its_line() -> None:
    """The same number, from the same place."""
    rules = tuple(
        rule.model_copy(update={"levels": {Level.RED: _single(rule, 2.5)}}) if _is_intake(rule) else rule
        for rule in SITE.rules
    )
    moved = the_site(rules=rules)
    panel = next(
        panel
        for panel in panels(boards(moved)["clearwarn-source"])
        if panel["type"] == "timeseries" and "氨氮" in panel["title"]
    )
    assert 2.5 in _drawn(panel)
    assert "红色 > 2.5 mg/L" in panel["title"]


def _is_intake(rule: object) -> bool:
    return isinstance(rule, ThresholdRule) and rule.entry == "source-intake-nh3_n"


def _single(rule: object, value: float) -> Any:
    assert isinstance(rule, ThresholdRule)
    settings = rule.levels[Level.RED]
    return settings.model_copy(update={"any_of": (settings.any_of[0].model_copy(update={"raise_": value}),)})


def test_level_s_name_stands_beside_its_number() -> None:
    """The colour is never alone."""
    rules = watching(SITE, Kind.AIR, "aqi_24h", area=True)
    assert said(SITE, rules) == "黄色 > 150（持续 24h） · 黄色 > 200 · 红色 > 300"
    english = the_site(language=Language.EN)
    assert said(english, rules).startswith("Yellow > 150 for 24h")


def test_two_rules_of_one_value_are_both_said() -> None:
    """Above 1 mg/L a monitor upstream raises orange, and the intake red."""
    assert said(SITE, watching(SITE, Kind.SOURCE, "nh3_n")) == "橙色 > 1 mg/L · 红色 > 1 mg/L"


def test_of_one_value_the_level_that_comes_first_is_drawn() -> None:
    """200 raises yellow at once and orange only after a day."""
    found = {one.value: one.level for one in limits(watching(SITE, Kind.AIR, "aqi_24h", area=True))}
    assert found == {150: Level.YELLOW, 200: Level.YELLOW, 300: Level.RED}


def test_where_less_is_worse_the_figure_s_colour_reaches_up_to_the_value() -> None:
    """Dissolved oxygen below 5 mg/L; on curves it is a line in the level's colour."""
    stat = next(
        one for one in panels(boards(SITE)["clearwarn-source"]) if one["type"] == "stat" and "溶解氧" in one["title"]
    )
    curve = next(one for one in _curves() if "溶解氧" in one["title"] and _drawn(one))
    found = [
        [(step["value"], step["color"]) for step in one["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        for one in (stat, curve)
    ]
    red = palette.LEVELS[Level.RED]
    assert found == [[(None, red), (5, palette.CALM)], [(None, "transparent"), (5, red)]]


def test_large_numbers_are_written_as_people_do() -> None:
    """Not as machines."""
    assert said(SITE, watching(SITE, Kind.SOURCE, "algae")) == "橙色 > 1×10⁷ cells/L · 红色 > 5×10⁷ cells/L"


def test_completeness_and_forecasts_are_said_by_their_rules() -> None:
    """Below a share of what was due; on so many days."""
    assert said(SITE, of_completeness(SITE)) == "黄色 < 25 % · 蓝色 < 75 %"
    assert "黄色 > 200 共 1 天 或 > 150 共 2 天" in of_forecasts(SITE)
    assert "红色 > 200 共 3 天 且 > 300 共 1 天" in of_forecasts(SITE)


def test_change_rules_stand_in_the_titles_of_what_they_watch() -> None:
    """A line cannot show them: the change is compared, not the value."""
    titles = [panel["title"] for panel in panels(boards(SITE)["clearwarn-source"])]
    assert any("电导率" in one and "1h 内变化 黄色 > 50 %" in one and "黄色 > 15 ×" in one for one in titles)


def test_figures_and_bars_change_colour_where_the_rules_do() -> None:
    """The intake's figures, outfalls' newest hours, completeness: on panels that are no curves."""

    def steps(board: str, title: str) -> set[float]:
        return _drawn(next(one for one in panels(boards(SITE)[board]) if one["title"] == title))

    def wanted(rules: list[Any]) -> set[float]:
        return {value for rule in rules for value, _ in _values(rule)}

    for name in ("do", "codmn", "nh3_n"):
        title = SITE.text("source.intake", parameter=SITE.called(name))
        assert steps("clearwarn-source", title) == wanted(watching(SITE, Kind.SOURCE, name))
    for name in ("cod", "nh3_n", "tp"):
        title = SITE.text("outfall.now", parameter=SITE.called(name))
        assert steps("clearwarn-outfall", title) == wanted(watching(SITE, Kind.OUTFALL, share_of_limit(name)))
    complete = wanted(of_completeness(SITE))
    assert complete
    assert steps("clearwarn-quality", SITE.text("quality.completeness")) == complete
    table = next(
        one for one in panels(boards(SITE)["clearwarn-quality"]) if one["title"] == SITE.text("quality.by_station")
    )
    (column,) = (
        each["value"]["steps"]
        for one in table["fieldConfig"]["overrides"]
        for each in one["properties"]
        if each["id"] == "thresholds"
    )
    assert {step["value"] for step in column if step["value"] is not None} == complete
