"""Dashboards as Grafana reads them: what must hold for each, whatever it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from alerts.notifications import Language
from grafana import influx_query, palette, sources
from grafana.boards import BOARDS
from grafana.boards.board import uid
from grafana.building import FOLDER, built
from grafana.texts import TEXTS
from tests.support.boards import boards, panels, the_site
from tests.support.district import ROOT

SHIPPED = boards(the_site())
_SOURCE_OF = {"index": "clearwarn-index", "warning": "clearwarn-warning", "ledger": "clearwarn-warning"}
ALL = pytest.mark.parametrize("board", SHIPPED.values(), ids=SHIPPED.keys())
# Grafana's own: a bureau's network is closed, and no plugin can be downloaded.
OWN = {"stat", "timeseries", "table", "state-timeline", "bargauge", "geomap", "text", "row"}


def test_committed_files_are_what_the_configuration_gives() -> None:
    """Nothing edited by hand, nothing forgotten."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == built(the_site())


def test_dashboards_are_told_apart() -> None:
    """Fixed uids and titles, each once; links and bookmarks go by them."""
    assert list(SHIPPED) == [uid(key) for key in BOARDS]
    assert len({board["title"] for board in SHIPPED.values()}) == len(BOARDS)
    assert all(len(board["uid"]) <= 40 for board in SHIPPED.values())


@ALL
def test_dashboard_is_classic_json_of_no_particular_grafana(board: Mapping[str, Any]) -> None:
    """Schema 42, no id, no plugin, nobody's address."""
    text = json.dumps(board)
    assert board["schemaVersion"] == 42
    assert {"id", "version", "__inputs", "__requires"} & set(board) == set()
    assert {panel["type"] for panel in board["panels"]} <= OWN
    assert "://" not in text


@ALL
def test_panels_have_a_number_and_a_title_each(board: Mapping[str, Any]) -> None:
    """Both once in a dashboard."""
    numbers = [panel["id"] for panel in board["panels"]]
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert len(set(titles)) == len(titles)
    assert all(titles)


@ALL
def test_panels_do_not_overlap(board: Mapping[str, Any]) -> None:
    """Each within the 24 columns, none over another."""
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 and place["w"] > 0 and place["h"] > 0 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@ALL
def test_every_question_is_put_to_a_known_source(board: Mapping[str, Any]) -> None:
    """Panels, their questions and the marks: where the measurement is; of several sources the panel says so."""
    asking = [panel for panel in panels(board) if panel["type"] != "text"]
    marks = board["annotations"]["list"]
    for one in (*asking, *({**mark, "targets": [mark["target"]]} for mark in marks)):
        wanted = [_SOURCE_OF.get(sources.measurement(target["query"]), sources.UID) for target in one["targets"]]
        assert [target["datasource"] for target in one["targets"]] == [
            {"type": influx_query.TYPE, "uid": uid} for uid in wanted
        ]
        assert one["datasource"]["uid"] == (wanted[0] if len(set(wanted)) == 1 else "-- Mixed --")
    assert all(sources.measurement(target["query"]) for panel in asking for target in panel["targets"])
    assert all(target["rawQuery"] for panel in asking for target in panel["targets"])
    assert len(marks) == 1


@ALL
def test_every_panel_says_that_there_is_no_data_yet(board: Mapping[str, Any]) -> None:
    """An empty database is no error."""
    assert all(panel["fieldConfig"]["defaults"]["noValue"] for panel in panels(board) if panel["type"] != "text")


@ALL
def test_sdk_drops_nothing_of_it(board: Mapping[str, Any]) -> None:
    """Read back into Grafana's own types and written again, it is the same."""
    influx_query.register()
    again = json.loads(json.dumps(Dashboard.from_json(dict(board)), cls=JSONEncoder))
    assert again == board


@ALL
def test_variables_in_questions_are_there_to_be_chosen(board: Mapping[str, Any]) -> None:
    """None is left unfilled."""
    there = {one["name"] for one in board["templating"].get("list") or ()}
    used = {name for name in re.findall(r"\$\{(\w+)", json.dumps(board["panels"])) if name != "__data"}
    assert used <= there
    assert {one["datasource"]["uid"] for one in board["annotations"]["list"]} == {"clearwarn-warning"}


def test_english_dashboards_hold_no_chinese() -> None:
    """By setting; names are the configuration's English ones, but for bodies that have one name alone."""
    english = built(the_site(language=Language.EN))
    bodies = [one.responsible.name for one in the_site().catalog.outfalls if one.responsible]
    for name, text in english.items():
        for body in bodies:
            text = text.replace(body, "")  # noqa: PLW2901
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], name


def test_texts_are_all_used() -> None:
    """None is left over from a panel that is gone."""
    files = [*(ROOT / "grafana").rglob("*.py"), *(ROOT / "grafana").rglob("*.html")]
    source = "".join(path.read_text(encoding="utf-8") for path in files if path.name != "texts.py")
    dynamic = tuple(re.findall(r'f"((?:\w+\.)+)\{', source))
    titles = {f"{key}.{what}" for key in BOARDS for what in ("title", "about")}
    used = titles | set(re.findall(r"""["']([\w.]+)["']""", source))
    assert {key for key in TEXTS if key not in used and not key.startswith(dynamic)} == set()


def test_levels_look_as_in_the_console() -> None:
    """One colour a level, on both."""
    css = (ROOT / "alerts/console/static/console.css").read_text(encoding="utf-8")
    assert all(f"--{level.value}: {colour};" in css for level, colour in palette.LEVELS.items())


def test_units_are_grafana_s_own_or_said_as_they_are() -> None:
    """A word that Grafana does not know would stand behind every value."""
    known = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
    used = set(re.findall(r'"unit": "([^"]+)"', json.dumps(SHIPPED, ensure_ascii=False)))
    used |= {
        each["value"]
        for board in SHIPPED.values()
        for panel in panels(board)
        for one in panel.get("fieldConfig", {}).get("overrides", ())
        for each in one["properties"]
        if each["id"] == "unit"
    }
    assert {unit for unit in used if not unit.startswith("suffix: ")} - known == set()
