"""The demonstration's console in a real browser: what a person sees, and that the answer reaches the journal."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.browser import browsing
from tests.support.district import ROOT


@asynccontextmanager
async def demonstration(data: Path) -> AsyncIterator[str]:
    """`clearwarn demo` while the block lasts; the console's address, once a first warning stands."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ingest", "demo", "--data", str(data)), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    said = ""
    try:
        async with asyncio.timeout(90):
            while "notifications:" not in said:
                line = await process.stderr.readline()
                assert line, said
                said += line.decode()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address is not None, said
        draining = asyncio.create_task(process.stderr.read())
        yield address.group()
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(draining, 60)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _get(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.e2e
@pytest.mark.timeout(180)
async def test_officer_acknowledges_a_warning_of_the_running_service(tmp_path: Path) -> None:
    """Listed, acknowledged with one tap, and on record with person, time and level."""
    async with browsing() as browser, demonstration(tmp_path / "data") as address:
        page = await browser.new_page(viewport={"width": 1366, "height": 900}, locale="zh-CN")
        await page.goto(address)
        await page.locator("#first-person").select_option("duty-chen")
        await page.locator("form.first").get_by_role("button", name="确定").click()
        await expect(page.locator("#first-person")).to_have_count(0)
        warning = await page.locator("li.card").first.get_attribute("id")  # a graver one may come before it meanwhile
        await page.locator(f"#{warning}").get_by_role("button", name="确认收到").click()
        await expect(page.locator(f"#{warning} .acknowledged")).to_contain_text("陈晓岚")
        picture = await page.screenshot(path=tmp_path / "console.png")
        record = await asyncio.to_thread(_get, f"{address}/api/warnings/{warning}")
    assert len(picture) > 20_000, "an empty page is smaller"
    assert record["acknowledged"]["person"] == "duty-chen"
    assert record["acknowledged"]["level"] == record["level"]
    assert record["acknowledged"]["at"]
