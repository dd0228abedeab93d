"""The console in a real browser, served as the service serves it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from playwright.async_api import Page, ViewportSize, expect

from tests.support.browser import browsing
from tests.support.console import FakeDesk, a_console

SPILL, HAZE, ENDED = "w-3f9a51c07b2e", "w-77b1e0a94c15", "w-dd33ee44ff55"
WALL = ViewportSize(width=1920, height=1080)
PHONE = ViewportSize(width=390, height=844)


@asynccontextmanager
async def serving(desk: FakeDesk) -> AsyncIterator[str]:
    """The console on a free port of loopback, stopped as `closing` promises: without waiting for open streams."""
    closing = asyncio.Event()
    config = uvicorn.Config(a_console(desk=desk, closing=closing), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listener]), name="console")
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                closing.set()
                server.should_exit = True


def complaints(page: Page) -> list[str]:
    """What the page's console says: a refused script or style would stand there."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


async def test_console_lists_and_acknowledges_on_the_wall_and_the_phone(tmp_path: Path) -> None:
    """Tapped on a phone, seen on the wall without touching it."""
    async with browsing() as browser, serving(FakeDesk()) as address:
        wall = await browser.new_page(viewport=WALL, locale="zh-CN")
        said = complaints(wall)
        await wall.goto(address)
        await expect(wall.locator("li.card")).to_have_count(6)
        await expect(wall.locator("[data-live-state]")).to_have_text("实时")
        await wall.screenshot(path=tmp_path / "wall.png")

        phone = await browser.new_page(viewport=PHONE, locale="zh-CN")
        said_there = complaints(phone)
        await phone.goto(address)
        await phone.locator("#first-person").select_option("lin")
        await phone.get_by_role("button", name="确定").last.click()
        await phone.locator(f"#{SPILL}").get_by_role("button", name="确认收到").click()
        await expect(phone.locator(f"#{SPILL} .acknowledged")).to_contain_text("林知夏 已确认")
        assert await phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await phone.screenshot(path=tmp_path / "phone.png")

        await expect(wall.locator(f"#{SPILL} .acknowledged")).to_contain_text("林知夏 已确认")
        assert said + said_there == []
    assert (tmp_path / "wall.png").stat().st_size > 0


async def test_console_shows_the_cases_of_an_outfall_from_its_warning(tmp_path: Path) -> None:
    """One link away, on a phone too, in both languages."""
    async with browsing() as browser, serving(FakeDesk()) as address:
        page = await browser.new_page(viewport=PHONE, locale="zh-CN")
        said = complaints(page)
        await page.goto(f"{address}/warnings/{ENDED}")
        await page.get_by_role("link", name="该排口的超标案件").click()
        await expect(page.locator("table tbody tr")).to_have_count(3)
        await expect(page.locator("table")).to_contain_text("排污许可")
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await page.screenshot(path=tmp_path / "cases-phone.png")
        await page.get_by_role("link", name="全部排口").click()
        await expect(page.locator("table tbody tr")).to_have_count(4)
        await page.set_viewport_size(WALL)
        await page.locator("nav").get_by_role("link", name="排口超标案件").click()
        await page.get_by_role("link", name="English").click()
        await expect(page.locator("h2")).to_contain_text("Cases of outfalls")
        await page.screenshot(path=tmp_path / "cases.png")
        assert said == []


async def test_console_works_without_javascript() -> None:
    """Forms are forms; a page refreshes itself."""
    async with browsing() as browser, serving(FakeDesk()) as address:
        context = await browser.new_context(java_script_enabled=False, locale="zh-CN", viewport=PHONE)
        page = await context.new_page()
        await page.goto(f"{address}/warnings/{HAZE}")
        await page.locator("summary.button", has_text="不予发布").click()
        form = page.locator(f'form[action="/warnings/{HAZE}/dismiss"]')
        await form.locator("select").select_option("chen")
        await form.locator("input[name=reason]").fill("会商后不予发布 <b>“沙尘”</b>")
        await form.get_by_role("button").click()
        await expect(page.locator(".history")).to_contain_text("会商后不予发布 <b>“沙尘”</b>")
        await expect(page.locator(".answers")).to_contain_text("此预警已结束")


async def test_console_does_not_disturb_a_person_who_is_writing() -> None:
    """A change elsewhere is announced, and shown once the form is done with."""
    desk = FakeDesk()
    async with browsing() as browser, serving(desk) as address:
        page = await browser.new_page(viewport=WALL, locale="zh-CN")
        await page.goto(address)
        await expect(page.locator("[data-live-state]")).to_have_text("实时")
        card = page.locator(f"#{HAZE}")
        await card.locator("summary", has_text="不予发布").click()
        reason = card.locator("details[open] input[name=reason]")
        await reason.fill("正在写")
        await desk.acknowledge(SPILL, person="wu")
        await expect(page.locator("[data-held]")).to_be_visible()
        await expect(reason).to_have_value("正在写")


async def test_console_says_when_it_has_lost_the_service() -> None:
    """An old page is never taken for a quiet night."""
    async with browsing() as browser:
        async with serving(FakeDesk()) as address:
            page = await browser.new_page(viewport=WALL, locale="zh-CN")
            await page.goto(address)
            await expect(page.locator("[data-live-state]")).to_have_text("实时")
        await expect(page.locator("[data-live-state]")).to_contain_text("画面可能已过时")
