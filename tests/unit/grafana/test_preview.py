"""The preview shows what Grafana would, as far as our dashboards use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grafana.filling import Filling
from grafana.preview.content import Content, Scene, content, markdown
from grafana.preview.frames import series
from grafana.preview.page import page, sheets
from grafana.preview.plots import PALETTE, Span
from grafana.preview.values import Reader, ink
from tests.support.boards import boards, panels, the_site

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
READER = Reader(NOW, "zh")
MILLIS = round(NOW.timestamp() * 1000)
HOUR = 3_600_000
SPAN = Span(MILLIS - 10 * HOUR, MILLIS)
SITE = the_site()
BOARDS = boards(SITE)


def _panel(board: str, title: str) -> dict[str, Any]:
    return next(one for one in panels(BOARDS[f"clearwarn-{board}"]) if title in one["title"])


def _shown(panel: dict[str, Any], *answers: list[dict[str, Any]]) -> Content:
    scene = Scene(
        span=SPAN,
        reader=READER,
        marks=[(MILLIS - HOUR, "红色预警")],
        outline={"features": []},
        filling=Filling(start=NOW - timedelta(hours=10), end=NOW),
    )
    left: list[list[dict[str, Any]]] = [[] for _ in panel.get("targets", [])[len(answers) :]]
    return content(panel, [*answers, *left], scene)


def _answer(columns: list[str], *values: list[Any], **tags: str) -> dict[str, Any]:
    return {"name": "x", "columns": ["time", *columns], "values": list(values), **({"tags": tags} if tags else {})}


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (35.24, {"unit": "conμgm3", "decimals": 0}, "35 μg/m³"),
        (0.0304, {"unit": "suffix: mg/L", "decimals": 4}, "0.0304 mg/L"),
        (1.404, {"unit": "percentunit", "decimals": 0}, "140%"),
        (MILLIS - 90 * 60_000, {"unit": "dateTimeFromNow"}, "2 小时前"),
        (MILLIS - 10 * 60_000, {"unit": "dateTimeFromNow"}, "10 分钟前"),
        (MILLIS + HOUR, {"unit": "dateTimeFromNow"}, "刚刚"),
        (MILLIS - 72 * HOUR, {"unit": "dateTimeFromNow"}, "3 天前"),
        (MILLIS, {"unit": "dateTimeAsIso"}, "11-24 12:00"),
        (600, {"unit": "dtdurations"}, "10 min"),
        (180_000, {"unit": "dtdurations"}, "2.1 d"),
        (11_848_192, {"unit": "bytes"}, "11.3 MiB"),
        (5, {}, "5"),
        (None, {"unit": "percent"}, ""),
        ("src-up-01", {}, "src-up-01"),
    ],
)
def test_values_are_said_with_their_units(value: Any, unit: dict[str, Any], said: str) -> None:
    """As Grafana's formats have them."""
    assert READER.shown(value, unit).text == said


def test_level_is_said_by_its_name_in_its_colour() -> None:
    """Rank 4 is red, and says so; text on it is read well."""
    found = _shown(_panel("wall", "当前预警"), [_answer(["rank", "what"], [MILLIS, 4, "超标"], rule="r", station="s")])
    (row,) = found.shown["rows"]
    assert row[0][:3] == ("红色", "#c1121f", "#ffffff")
    assert (ink("#ffd60a"), ink("#7b8a9540")) == ("#10181e", "inherit")


def test_table_is_sorted_and_links_to_its_own_page() -> None:
    """The gravest first; the link comes with the row, its column is not shown."""
    rows = [
        _answer(["rank", "what", "url"], [MILLIS, rank, what, f"http://desk/{what}"], rule="r", station=what)
        for rank, what in ((2, "黄"), (4, "红"), (3, "橙"))
    ]
    found = _shown(_panel("wall", "当前预警"), rows)
    assert [row[1][0] for row in found.shown["rows"]] == ["红", "橙", "黄"]
    assert found.shown["rows"][0][1][3] == "http://desk/红"
    assert "url" not in found.shown["headings"]


def test_figure_has_the_colour_of_the_step_it_reached() -> None:
    """None open is calm; one is not."""
    panel = _panel("wall", "红色预警")
    assert [_shown(panel, [_answer(["open"], [0, count])]).shown[0].shown.colour for count in (0, 1)] == [
        "#1a7f4b",
        "#c1121f",
    ]


def test_gap_is_a_gap_in_the_line() -> None:
    """No line across what nobody knows."""
    values = [[SPAN.start + n * HOUR, None if n == 2 else float(n)] for n in range(5)]
    found = _shown(_panel("source", "氨氮 mg/L"), [_answer(["nh3_n"], *values, station="src-in-01")])
    (line,) = found.shown.lines
    assert line.path.count("M") == 2
    assert (line.name, line.colour, line.newest) == ("青螺溪取水口", PALETTE[0], "4.000 mg/L")
    assert [text for _, text in found.shown.marks] == ["红色预警"]


def test_doubtful_values_are_dots_of_their_own() -> None:
    """Never joined to what is accepted."""
    answers = [[_answer(["mean"], [SPAN.start, 1.0], period="1h")], [_answer(["max"], [SPAN.start, 9.0], period="1h")]]
    found = _shown(_panel("station", "原始与采信"), *answers)
    assert [line.dotted for line in found.shown.lines] == [False, True]


def test_band_holds_until_the_next_state_comes() -> None:
    """Equal neighbours are one; before the first there is nothing."""
    states = [[SPAN.start + n * HOUR, state] for n, state in enumerate((None, 2, 2, 4, 0))]
    found = _shown(_panel("warnings", "预警状态"), [_answer(["rank"], *states, rule="device-silent", station="out-07")])
    (band,) = found.shown[0]
    assert band.name == "站点失联 · 南岸再生水厂排口"
    assert [(left, width, shown.text) for left, width, shown in band.parts] == [
        (10.0, 20.0, "黄色"),
        (30.0, 10.0, "红色"),
        (40.0, 60.0, "无预警"),
    ]


def test_rules_of_several_parameters_are_told_apart_in_names() -> None:
    """What stands behind the rule's name is told by name; a subject that is gone keeps its id."""
    panel = _panel("warnings", "预警状态")
    answers = [
        [
            _answer(["rank"], [MILLIS, 2], rule="outfall-limit.nh3_n_of_limit", station="out-04"),
            _answer(["rank"], [MILLIS, 2], rule="gone", station="out-99"),
        ]
    ]
    assert [one.name for one in series(panel, answers)] == [
        "排污口小时均值超限 氨氮 · 印染集控区排口",
        "gone @ out-99",
    ]


def test_nothing_is_no_data_yet() -> None:
    """For every kind of panel."""
    for board in BOARDS.values():
        for panel in panels(board):
            found = _shown(panel)
            if panel["type"] != "text":
                assert (found.kind, bool(found.shown)) == ("nothing", True), panel["title"]


def test_markdown_shows_odd_names_as_they_are() -> None:
    """No name becomes markup."""
    assert "<b>" not in markdown("- \\*x\\* &lt;b>").replace("<b></b>", "")
    table = markdown("| a | b |\n|---|---|\n| x \\| y | &lt;script> |")
    assert "<td>x | y</td><td>&lt;script&gt;</td>" in table


def test_page_needs_nothing_from_outside() -> None:
    """One file: no script, no sheet, no picture, no address."""
    found = list(sheets(SITE, lambda _: [], now=NOW, choices={"station": "out-01"}))
    html = page(SITE, found, now=NOW)
    assert [sheet.uid for sheet in found] == list(BOARDS)
    assert not any(word in html for word in ("<script", "<link", "<img", "://", "@import"))
    station = next(sheet for sheet in found if sheet.uid == "clearwarn-station")
    assert ("站点", "城东污水处理厂入海口 (out-01)") in station.variables


def test_hourly_values_in_shorter_stretches_are_a_line_that_ends_where_nothing_comes() -> None:
    """Empty stretches are not asked for; a silence of more than three hours is a gap, what stands alone a dot."""
    panel = _panel("station", "原始与采信")
    values = [[SPAN.start + n * HOUR, float(n)] for n in (0, 1, 2, 7, 8)]
    found = _shown(panel, [_answer(["mean"], *values, period="1h")], [])
    assert found.shown.lines[0].path.count("M") == 2
    found = _shown(panel, [_answer(["mean"], *values[:1], period="1h")], [])
    assert found.shown.lines[0].path.endswith("h0")


def test_choice_is_taken_where_it_is_meant() -> None:
    """A water monitor is none of the air stations'; a station that is gone can still be looked at."""
    for wanted, air, any_ in (("src-in-01", "air-01", "src-in-01"), ("gone-01", "gone-01", "gone-01")):
        found = {sheet.uid: sheet for sheet in sheets(SITE, lambda _: [], now=NOW, choices={"station": wanted})}
        assert dict(found["clearwarn-air-station"].variables)["站点"].find(air) >= 0
        assert dict(found["clearwarn-station"].variables)["站点"].find(any_) >= 0
