"""Every query of every panel against a week that the service itself wrote into a real InfluxDB."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.async_api import ConsoleMessage, Page, Request

from grafana.filling import Filling, chosen, moment
from grafana.preview.asking import Asker
from grafana.preview.page import sheets
from grafana.variables import ANY, NAMED
from ingest.model import Kind
from tests.support.boards import boards, queries, the_site
from tests.support.browser import browsing
from tests.support.district import ROOT
from tests.support.influx import influx
from tests.support.service import clearwarn
from tests.support.week import Week, a_week

ALERTS = ROOT / "grafana/provisioning/alerting/service.yaml"
# What a station has shown, whether or not it is still in the catalogue.
HISTORY = {"原始与采信：${parameter:text}", "质量标记明细", "本站预警"}
SMALLEST = """Math.min(...[...document.querySelectorAll("main *")].filter(one => one.childNodes.length
    && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
YOUNG = timedelta(hours=3)  # of a month that is no older nothing is known yet, and nothing is wrong with that
# Figures that lie over their title, or run out of their panel.
OVERLAPPING = """[...document.querySelectorAll(".panel.stat:not(:has(.many))")].filter(one => {
    const title = one.querySelector("h3").getBoundingClientRect(), panel = one.getBoundingClientRect();
    return [...one.querySelectorAll(".figure b")].some(each => {
        const figure = each.getBoundingClientRect();
        return figure.top < title.bottom - 1 || figure.bottom > panel.bottom + 1 || figure.right > panel.right + 1;
    });
}).map(one => one.innerText)"""
WITHIN = 0.5  # s, for each query
# An officer chooses a station that something happened to; its values by variable.
CHOSEN = {
    "clearwarn-station": {"station": "src-res-01", "parameter": "cond"},
    "clearwarn-air-station": {"station": "air-05"},
}
# A question a kind of station stands in these panels: the station that is chosen answers one of them.
BY_KIND = {"clearwarn-station / 全部因子：最新值与标记", "clearwarn-station / 标记时间线（取最差）"}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    with a_week(tmp_path_factory.mktemp("week")) as found:
        yield found


def _filling(board: Mapping[str, Any], end: datetime) -> Filling:
    variables = chosen(board) | {name: (value, value) for name, value in CHOSEN.get(board["uid"], {}).items()}
    return Filling(start=moment(board["time"]["from"], end), end=end, variables=variables)


def _timed(week: Week, question: str) -> tuple[list[dict[str, Any]], float]:
    """The answer, and the shortest of three times where the first is too long: the machine has other work too."""
    took = float("inf")
    series: list[dict[str, Any]] = []
    for _ in range(3):
        began = time.perf_counter()
        series = week.ask(question)
        took = min(took, time.perf_counter() - began)
        if took <= WITHIN:
            break
    return series, took


def _some(series: list[dict[str, Any]]) -> bool:
    return any(value is not None for one in series for row in one["values"] for value in row[1:])


@pytest.mark.e2e
@pytest.mark.timeout(300)
async def test_preview_is_read_on_a_wall_and_on_a_phone(week: Week, tmp_path: Path) -> None:
    """Every dashboard is there with what it shows; nothing runs out of the page; nothing is fetched from anywhere."""
    file = tmp_path / "preview.html"
    said = ("--choose", "station=src-res-01", "--choose", "parameter=cond")
    made = clearwarn("dashboards", "preview", "--out", str(file), *said, config=week.config)
    assert made.returncode == 0, made.stderr
    async with browsing() as browser:
        for width, height in ((1920, 1080), (390, 844)):
            page = await browser.new_page(viewport={"width": width, "height": height})
            await _looked_at(page, file.as_uri(), width, dashboards=len(boards(the_site(week.config))))


async def _looked_at(page: Page, address: str, width: int, *, dashboards: int) -> None:
    fetched: list[str] = []
    trouble: list[str] = []

    def request(one: Request) -> None:
        fetched.append(one.url)

    def console(one: ConsoleMessage) -> None:
        trouble.append(one.text)

    page.on("request", request)
    page.on("console", console)
    await page.goto(address)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.locator("section").count() == dashboards
    assert await page.locator(".panel.nothing").all_inner_texts() == []
    assert await page.evaluate(SMALLEST) >= 10  # px
    assert await page.evaluate(OVERLAPPING) == []
    assert (fetched, trouble) == ([address], [])


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_station_that_is_gone_still_shows_its_history(week: Week) -> None:
    """Taken out of the catalogue, it is there under its id wherever all areas are shown, and can still be chosen."""
    site = the_site(week.config)
    left = tuple(one for one in site.catalog.stations if one.id != "src-res-01")
    smaller = site.catalog.model_copy(update={"stations": left, "water_sources": ()})
    site = replace(site, catalog=smaller)
    now = datetime.now(UTC)
    found = {sheet.uid: sheet for sheet in sheets(site, week.ask, now=now, choices={})}
    fresh = next(panel for panel in found["clearwarn-wall"].panels if panel.title == site.text("wall.fresh"))
    assert "src-res-01" in {row[0][0] for row in fresh.shown["rows"]}
    station = boards(site)["clearwarn-station"]
    filling = Filling(
        start=week.start, end=now, variables={name: ("?", value) for name, value in CHOSEN[station["uid"]].items()}
    )
    assert all(_some(week.ask(filling.fill(query.text))) for query in queries(station) if query.panel in HISTORY)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_stations_of_a_kind_are_there_to_be_chosen(week: Week) -> None:
    """Grafana asks for them by the kind chosen, and finds each by its name."""
    site = the_site(week.config)
    listed = boards(site)["clearwarn-station"]["templating"]["list"]
    asks = next(one["query"]["query"] for one in listed if one["name"] == "station")
    for kind in (None, *Kind):
        filling = Filling(start=week.start, end=week.end, variables={"kind": ("?", kind.value if kind else ANY)})
        texts = [row[1] for one in week.ask(filling.fill(asks)) for row in one["values"]]
        found = [re.fullmatch(NAMED.replace("?<", "?P<"), text) for text in texts]
        assert {(one["text"], one["value"]) for one in found if one} == {
            (f"{site.name(one.name)} ({one.id})", one.id) for one in site.stations(kind)
        }


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_wall_of_one_kind_shows_that_kind_alone(week: Week) -> None:
    """Its warnings and its stations; areas have the kind of what is measured there."""
    site = the_site(week.config)
    found = list(sheets(site, week.ask, now=datetime.now(UTC), choices={"kind": "outfall"}))
    wall = {panel.title: panel for sheet in found if sheet.uid == "clearwarn-wall" for panel in sheet.panels}
    fresh, open_now = (wall[site.text(key)].shown["rows"] for key in ("wall.fresh", "wall.table"))
    outfalls = {site.name(one.name) for one in site.stations(Kind.OUTFALL)}
    assert {row[0][0] for row in fresh} == outfalls
    assert open_now
    assert all(any(name in row[1][0] for name in outfalls) for row in open_now)


@pytest.mark.e2e
def test_empty_database_has_no_data_yet(tmp_path: Path) -> None:
    """No error anywhere: every panel says so in words."""
    site = the_site()
    with influx(tmp_path) as server, Asker(server.address()) as ask:
        found = list(sheets(site, ask, now=datetime.now(UTC), choices={}))
    shown = [panel for sheet in found for panel in sheet.panels if panel.kind not in {"text", "row"}]
    assert {panel.kind for panel in shown} == {"nothing"}
    assert {panel.shown for panel in shown} == {site.text("none.yet"), site.text("none.open")}


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_warnings_in_influxdb_are_those_of_the_journal(week: Week) -> None:
    """Killed in the middle of the week, and nothing is missing or there twice."""
    with sqlite3.connect(f"file:{week.data / 'state.db'}?mode=ro", uri=True) as journal:
        counts = [journal.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("acts", "transitions")]
        (left,) = journal.execute("SELECT count(*) FROM unstored").fetchone()
        open_now = {row[0] for row in journal.execute("SELECT id FROM warnings WHERE open = 1")}
    stored = [week.ask(f"SELECT count({field}) FROM warning")[0]["values"][0][1] for field in ("raised", "noticed")]
    assert (stored, left) == (counts, 0)
    assert open_now == {
        one["values"][0][-1] for one in week.ask(
            'SELECT "warning" FROM (SELECT last("open") AS "open", "warning" FROM "warning" WHERE "record" = \'act\''
            ' GROUP BY "rule", "station") WHERE "open" = 1 GROUP BY "rule", "station"'
        )
    }  # fmt: skip


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_every_panel_shows_something_and_soon(week: Week) -> None:
    """With its variables as they are when it opens; a panel that shows nothing is named. So is an alert rule."""
    now = datetime.now(UTC)
    empty: list[str] = []
    slow: dict[str, float] = {}
    answered: dict[str, bool] = {}
    for board in boards(the_site(week.config)).values():
        filling = _filling(board, now)
        for query in queries(board):
            asked = filling.since(query.since) if now - moment(query.since or "now-7d", now) > YOUNG else filling
            series, took = _timed(week, asked.fill(query.text, least=query.least, most=query.most))
            if took > WITHIN:
                slow[query.name] = round(took, 2)
            panel = f"{query.board} / {query.panel}"
            answered[panel] = answered.get(panel, False) or _some(series)
            if not _some(series) and panel not in BY_KIND:
                empty.append(query.name)
    filling = Filling(start=now - timedelta(hours=3), end=now)
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    alarms = {rule["uid"]: filling.fill(rule["data"][0]["model"]["query"]) for rule in rules}
    empty += [uid for uid, question in alarms.items() if not _some(week.ask(question))]
    assert empty == []
    assert [panel for panel, some in answered.items() if not some] == []
    assert slow == {}
