"""The pages and the JSON, asked as a browser and a program would."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from alerts.console.rendering import PERSON_COOKIE
from alerts.errors import JournalError
from alerts.model import PollutionWarning, WarningState
from alerts.views import WarningView
from tests.support.console import FakeDesk, FakeObservations, a_client, a_console, a_view

SPILL, HAZE, STUCK = "w-3f9a51c07b2e", "w-77b1e0a94c15", "w-e81b44f00d29"


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def client(desk: FakeDesk) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(desk) as client:
        yield client


async def test_duty_page_says_what_needs_me(client: httpx.AsyncClient) -> None:
    """Level by word, place, why, since when with its zone."""
    page = (await client.get("/")).text
    assert '<html lang="zh-Hans">' in page
    assert "4 项需要您处理" in page.replace("\n", "")
    for said in (
        "红色",
        "青螺溪取水口",
        "氨氮 1.873 &gt; 1 mg/L",
        "41 分钟",
        "11月24日 02:31 UTC+8",
        "林知夏 已确认",
        "演练",
    ):
        assert said in page


async def test_duty_page_speaks_english_when_asked_and_remembers(client: httpx.AsyncClient) -> None:
    """By the address once, by the cookie after that."""
    assert "4 warnings need you" in (await client.get("/?lang=en")).text
    assert "Qingluo Intake" in (await client.get("/")).text


async def test_pages_render_foreign_text_inert(client: httpx.AsyncClient) -> None:
    """Names and reasons with tags and quotes are text, and no page carries script or style of its own."""
    for path in ("/", "/cases", "/stations", "/stations/out-03", f"/warnings/{SPILL}", f"/warnings/{STUCK}"):
        page = (await client.get(path)).text
        assert "<i>" not in page
        assert "alert('" not in page
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page)


async def test_empty_board_says_quiet_only_when_data_proves_it() -> None:
    """Silent stations are said instead."""
    observations = FakeObservations()
    async with a_client(FakeDesk([]), observations) as client:
        assert "数据不完整" in (await client.get("/")).text
        observations.states = [state for state in observations.states if not state.silent]
        page = (await client.get("/")).text
    assert "一切平静" in page
    assert "最新数据 11月24日 03:00 UTC+8" in page


async def test_acknowledging_takes_one_tap_once_the_officer_is_known(client: httpx.AsyncClient, desk: FakeDesk) -> None:
    """The choice is remembered; the page then posts it with the button."""
    chosen = await client.post("/person", data={"person": "lin"})
    assert chosen.status_code == 303
    cookie = chosen.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f'action="/warnings/{SPILL}/acknowledge"' in (await client.get("/")).text
    answer = await client.post(f"/warnings/{SPILL}/acknowledge", data={"back": "duty"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await desk.warning(SPILL)).acknowledged is not None
    assert f'action="/warnings/{SPILL}/acknowledge"' not in (await client.get("/")).text


async def test_steps_change_the_warning_and_keep_the_reason(client: httpx.AsyncClient, desk: FakeDesk) -> None:
    """Issue without a word, lift with a reason; both in the history."""
    issued = await client.post(f"/warnings/{HAZE}/issue", data={"person": "chen"})
    assert issued.headers["location"] == f"/warnings/{HAZE}"
    lifted = await client.post(f"/warnings/{HAZE}/lift", data={"person": "chen", "reason": " 风大了  “已散” <ok> "})
    assert lifted.status_code == 303
    view = await desk.warning(HAZE)
    assert view.warning.state is WarningState.LIFTED
    assert [act.reason for act in view.acts][-1] == "风大了 “已散” <ok>"
    assert "风大了 “已散” &lt;ok&gt;" in (await client.get(f"/warnings/{HAZE}")).text


@pytest.mark.parametrize(
    ("path", "data", "status", "said"),
    [
        ("/warnings/w-nothing/acknowledge", {"person": "lin"}, 404, "没有找到"),
        (f"/warnings/{SPILL}/issue", {"person": "lin"}, 409, "此步骤不能进行"),
        (f"/warnings/{SPILL}/lift", {"person": "lin", "reason": "   "}, 422, "请写明理由"),
        (f"/warnings/{SPILL}/acknowledge", {}, 422, "请选择经办人"),
        (f"/warnings/{SPILL}/acknowledge", {"person": "mallory"}, 422, "请选择经办人"),
        (f"/warnings/{SPILL}/acknowledge", {"person": "lin", "reason": "x" * 501}, 422, "填写不完整"),
        (f"/warnings/{SPILL}/explode", {"person": "lin"}, 422, "填写不完整"),
        ("/person", {"person": "mallory"}, 422, "请选择经办人"),
    ],
)
async def test_steps_that_cannot_be_taken_say_why(
    client: httpx.AsyncClient, path: str, data: dict[str, str], status: int, said: str
) -> None:
    """In the reader's language, with a way back."""
    answer = await client.post(path, data=data)
    assert answer.status_code == status
    assert said in answer.text
    assert 'href="/"' in answer.text


async def test_step_that_cannot_be_journalled_is_said_to_be_not_taken() -> None:
    """A full disk is no silent success."""

    class FullDisk(FakeDesk):
        async def acknowledge(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
            raise JournalError(f"{warning_id} {person} {reason}")

    async with a_client(FullDisk()) as client:
        answer = await client.post(f"/warnings/{SPILL}/acknowledge", data={"person": "lin"})
    assert answer.status_code == 503
    assert "因此没有执行" in answer.text


async def test_journal_that_cannot_be_read_is_said() -> None:
    """Never an empty board."""

    class Unreadable(FakeDesk):
        async def warnings(self, *, open_only: bool = False, limit: int = 200) -> list[WarningView]:
            raise JournalError(f"{open_only} {limit}")

    async with a_client(Unreadable()) as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "无法读取预警日志" in answer.text


@pytest.mark.parametrize("path", ["/warnings/w-nothing", "/stations/nowhere", "/nowhere"])
async def test_unknown_pages_are_404(client: httpx.AsyncClient, path: str) -> None:
    """With a page, not a dump."""
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "没有找到" in answer.text


async def test_warning_page_shows_why_and_who_was_told(client: httpx.AsyncClient) -> None:
    """Evidence with its rule's hash, curve and flags; proof per person."""
    page = (await client.get(f"/warnings/{SPILL}")).text
    for said in ("9b1d0c77aa31", "▲ 可疑", 'class="limit"', "陈望舒", "已送达", "失败", "可能重复", "窗口内缺少数据"):
        assert said in page


async def test_warning_page_offers_nothing_once_ended(client: httpx.AsyncClient) -> None:
    """Only the record."""
    page = (await client.get("/warnings/w-aa00bb11cc22")).text
    assert "此预警已结束" in page
    assert "/acknowledge" not in page


async def test_station_page_lives_without_the_store() -> None:
    """What memory holds is shown; the curves are said to be missing."""
    observations = FakeObservations()
    observations.broken = True
    async with a_client(FakeDesk(), observations) as client:
        answer = await client.get("/stations/out-02")
    assert answer.status_code == 200
    assert "数据库暂时无法访问" in answer.text


async def test_api_gives_warnings_and_takes_an_acknowledgement(client: httpx.AsyncClient) -> None:
    """The words of the design; exactly one of station and area."""
    listed = (await client.get("/api/warnings?open_only=true")).json()
    haze = next(each for each in listed if each["id"] == HAZE)
    assert (haze["area"], haze["station"], haze["state"], haze["level"]) == ("xilan", None, "proposed", "orange")
    said = {"person": "wu", "reason": "已到现场"}
    answer = await client.post(f"/api/warnings/{SPILL}/acknowledge", json=said)
    assert answer.status_code == 200
    assert answer.json()["acknowledged"]["person"] == "wu"
    assert (await client.get(f"/api/warnings/{SPILL}")).json()["samples"][0]["flag"] == 1


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("w-nothing", {"person": "lin"}, 404),
        ("w-aa00bb11cc22", {"person": "lin"}, 409),
        (SPILL, {"person": "mallory"}, 422),
        (SPILL, {"person": "lin", "extra": 1}, 422),
        (SPILL, {"person": 7}, 422),
    ],
)
async def test_api_refuses_as_json(client: httpx.AsyncClient, path: str, said: dict[str, object], status: int) -> None:
    """With a reason a program can log."""
    answer = await client.post(f"/api/warnings/{path}/acknowledge", json=said)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}


async def test_api_gives_stations(client: httpx.AsyncClient) -> None:
    """With the newest values and flags."""
    stations = {each["id"]: each for each in (await client.get("/api/stations")).json()}
    assert stations["air-03"]["silent"] is True
    assert stations["src-01"]["values"]["nh3_n"] == {"value": 1.873, "flag": 3}


async def test_watchdogs_are_answered() -> None:
    """Alive is not ready."""
    app = a_console(ready=lambda: (False, {"broker": "not connected"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["reasons"]) == (503, {"broker": "not connected"})


async def test_person_who_left_the_list_is_not_remembered(desk: FakeDesk) -> None:
    """An old cookie acts for nobody."""
    async with a_client(desk) as client:
        client.cookies.set(PERSON_COOKIE, "retired", domain="localhost.local")
        answer = await client.post(f"/warnings/{SPILL}/acknowledge")
    assert answer.status_code == 422


async def test_page_names_an_unknown_person_by_id() -> None:
    """History outlives the list of people."""
    from tests.support.console import NOW, acknowledged

    async with a_client(FakeDesk([acknowledged(a_view(), "retired", NOW)])) as client:
        assert "retired" in (await client.get("/")).text
