"""Debian's chromium for tests; nothing is downloaded."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
PRESENT = CHROMIUM.exists()


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A headless chromium. Skips where it is absent; with CI=true that is a failure."""
    if not PRESENT:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is absent")
        pytest.skip(f"{CHROMIUM} is absent (apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        await browser.close()
