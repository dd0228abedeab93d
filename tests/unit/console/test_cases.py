"""The page of outfalls' cases and its JSON."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from alerts.console.language import Language
from alerts.console.phrases import Voice
from alerts.console.views.cases import case_table
from alerts.views import CaseView
from tests.support.console import NOW, FakeDesk, FakeObservations, a_case, a_client


def rows(*views: CaseView, language: Language = Language.ZH) -> list[tuple[str, ...]]:
    voice = Voice(language=language, zone=ZoneInfo("Asia/Shanghai"), now=NOW)
    table = case_table(list(views), station=None, observations=FakeObservations(), voice=voice)
    return [
        (row.place, row.parameter, row.measured, row.limit, row.unit, row.times, row.load, row.basis)
        for row in table.rows
    ]


def test_case_is_told_with_its_measure_against_its_limit() -> None:
    assert rows(a_case()) == [
        (
            "石化园污水处理厂排口",
            "化学需氧量",
            "61.2",
            "50.0",
            "mg/L",
            "1.22",
            "931.2",
            "排污许可 0000000000XILAN002001",
        )
    ]
    [english] = rows(a_case(), language=Language.EN)
    assert english[0] == "Petrochemical Park Works"
    assert english[-1] == "permit 0000000000XILAN002001"


def test_what_is_not_known_is_a_dash() -> None:
    """A withdrawn day may have no mean; without flow there is no load; a station may be gone."""
    assert rows(a_case(value=None, load=None, limit=0, station="gone")) == [
        ("gone", "化学需氧量", "–", "–", "mg/L", "", "–", "排污许可 0000000000XILAN002001")
    ]


async def test_page_lists_cases_open_and_withdrawn() -> None:
    async with a_client(FakeDesk()) as client:
        page = (await client.get("/cases")).text
        english = (await client.get("/cases?lang=en")).text
    for said in (
        "石化园污水处理厂排口",
        "XL-0002",
        "2026-11-22",
        "61.2",
        "1.22 倍",
        "23 小时有效",
        "在办",
        "依据已撤回",
    ):
        assert said in page
    assert "3 小时前修正" in page
    assert "Basis withdrawn" in english
    assert "<i>" not in page
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page)


async def test_page_of_one_station_and_the_way_there() -> None:
    """From an outfall's warning."""
    async with a_client(FakeDesk()) as client:
        warning = (await client.get("/warnings/w-dd33ee44ff55")).text
        assert 'href="/cases?station=out-02"' in warning
        page = (await client.get("/cases?station=out-02")).text
        assert page.count('<tr id="case-') == 3
        assert "全部排口" in page
        assert "没有案件" in (await client.get("/cases?station=out-09")).text
        spill = (await client.get("/warnings/w-3f9a51c07b2e")).text
        assert "/cases?station=" not in spill


async def test_json_has_amounts_in_units() -> None:
    async with a_client(FakeDesk()) as client:
        every = (await client.get("/api/cases")).json()
        first, *others = (await client.get("/api/cases?station=out-02&limit=2")).json()
        assert (await client.get("/api/cases?limit=0")).status_code == 422
    assert (len(every), len(others)) == (4, 1)
    assert first == {
        "id": a_case().case.id,
        "open": True,
        "event": "opened",
        "outfall": "XL-0002",
        "station": "out-02",
        "parameter": "cod",
        "day": "2026-11-22",
        "value": 61.24,
        "limit": 50.0,
        "basis": "permit 0000000000XILAN002001",
        "load_kg": 931.2,
        "hours": 23,
        "revision": 1,
        "opened_at": "2026-11-22T16:10:00Z",
        "changed_at": "2026-11-22T16:10:00Z",
    }
