"""Pretend HJ 212 devices at a host: they repeat what is not answered, and say when nobody answers."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner

from device_sim import hj212_links
from device_sim.cli import simulate
from device_sim.errors import HostError
from device_sim.hj212_links import Links
from tests.support.district import CONFIG, FakeRoot
from tests.support.hj212 import a_frame
from tests.support.mosquitto import free_port
from tests.support.tcp_server import listening

ANSWER = a_frame("", ST="91", CN="9014", Flag="4")
OTHER = a_frame("", ST="91", CN="9014", Flag="4", QN="20200101000000000")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard's ten seconds are long for a test."""
    monkeypatch.setattr(hj212_links, "ANSWERED_WITHIN", 0.2)
    monkeypatch.setattr(hj212_links, "_PAUSE", 0.0)


async def test_links_send_until_the_frame_is_answered() -> None:
    """An answer to another exchange, or of another kind, is not it."""
    heard: list[bytes] = []

    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            heard.append(data)
            writer.write(OTHER + a_frame("QnRtn=1", ST="91", CN="9011", Flag="4") + ANSWER)

    async with listening(host) as port, Links(host="127.0.0.1", port=port) as links:
        await links.send("out-03", a_frame())
        await links.send("out-03", a_frame())
        assert (heard, links.answered, links.repeated) == ([a_frame()] * 2, 2, 0)


@pytest.mark.usefixtures("hasty")
async def test_links_repeat_over_a_new_connection() -> None:
    """The first time the host hangs up, the second time it says nothing, the third time it answers."""
    turns = iter(("hang up", "nothing", "answer"))

    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        turn = next(turns)
        assert await reader.read(4096) == a_frame()
        if turn == "answer":
            writer.write(ANSWER)
        if turn != "hang up":
            await reader.read()

    async with listening(host) as port, Links(host="127.0.0.1", port=port) as links:
        await links.send("out-03", a_frame())
        assert (links.answered, links.repeated) == (1, 2)


@pytest.mark.usefixtures("hasty")
async def test_links_say_who_does_not_answer() -> None:
    """After the standard's three repeats; the same where nobody listens."""

    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(host) as port, Links(host="127.0.0.1", port=port) as links:
        with pytest.raises(HostError, match="no answer"):
            await links.send("out-03", a_frame())
    async with Links(host="127.0.0.1", port=free_port()) as links:
        with pytest.raises(HostError, match="out-03"):
            await links.send("out-03", a_frame())


@pytest.mark.parametrize(
    ("words", "named"),
    [((), "--hj212"), (("--hj212", "nowhere"), "9212"), (("--hj212", "127.0.0.1:99999"), "9212")],
)
def test_simulate_says_where_devices_are_to_connect(words: tuple[str, ...], named: str) -> None:
    """Exit code 2, with the way out."""
    scenario = str(CONFIG / "simulator-outfall.yaml")
    result = CliRunner().invoke(simulate, ["--scenario", scenario, *words], obj=FakeRoot())
    assert (result.exit_code, named in result.stderr) == (2, True), result.output
