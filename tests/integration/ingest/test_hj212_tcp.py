"""HJ 212 over real TCP connections: answered once durable, bounded, and none of it lost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.adapters.hj212_line import Bounds, Ended
from ingest.adapters.hj212_tcp import Hj212Lines
from ingest.catalog import Station
from ingest.ports import Arrived
from tests.support.hj212 import DATA, MN, a_frame
from tests.support.ingest import a_station

DEVICE = Station.model_validate(a_station(id="out-1", kind="outfall", parameters=("cod",), mn=MN, zone="Asia/Shanghai"))
OLD_MN = "ABCDEFG1234567"
OLD = DEVICE.model_copy(
    update={"id": "old", "mn": OLD_MN, "hj212": DEVICE.hj212.model_copy(update={"checksum": "modbus"})}
)
BOUNDS = Bounds(
    connections=4,
    idle=timedelta(seconds=30),
    frame_within=timedelta(seconds=30),
    frames_a_minute=100_000,
    flood_after=timedelta(0),
)
ANSWER = a_frame("", ST="91", CN="9014", Flag="4")
PATIENCE = 20.0  # s, for anything that is to happen


@asynccontextmanager
async def lines(bounds: Bounds = BOUNDS, *, most_waiting: int = 1000) -> AsyncIterator[Hj212Lines]:
    """A place for devices to connect to; whatever still runs at the end is closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    known = {MN: DEVICE, OLD_MN: OLD}
    found = Hj212Lines(listening=listening, bounds=bounds, devices=lambda: known, most_waiting=most_waiting)
    running = asyncio.create_task(found.run(), name="lines")
    try:
        yield found
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        listening.close()


@asynccontextmanager
async def device(to: Hj212Lines) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", to.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def arrived(source: Hj212Lines, count: int) -> list[Arrived]:
    """So many messages, not settled."""
    found: list[Arrived] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            found += await source.receive()
    return found


async def heard(reader: asyncio.StreamReader, count: int = len(ANSWER)) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await reader.readexactly(count)


async def hung_up(reader: asyncio.StreamReader) -> bytes:
    """What was still said before the connection ended."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def has_ended(source: Hj212Lines, why: Ended) -> None:
    async with asyncio.timeout(PATIENCE):
        while not source.ended[why] or source.open:  # noqa: ASYNC110  # the other side of a connection tells nobody
            await asyncio.sleep(0)


def payloads(messages: Sequence[Arrived]) -> list[bytes]:
    return [message.payload for message in messages]


async def test_lines_answer_a_frame_when_it_is_settled_and_not_before() -> None:
    """9014, with QN and MN; the topic names the device."""
    async with lines() as source, device(source) as (reader, writer):
        writer.write(a_frame())
        (message,) = await arrived(source, 1)
        assert (message.topic, message.payload) == (f"clearwarn/v1/tcp/{MN}/hj212", a_frame().rstrip(b"\r\n"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(1)
        source.settle([message])
        assert await heard(reader) == ANSWER


async def test_lines_take_glued_and_halved_frames_and_what_lies_between() -> None:
    """Each sound one is answered; noise is handed on to be counted, and the connection goes on."""
    async with lines() as source, device(source) as (reader, writer):
        writer.write(a_frame() + b"noise\r\n" + a_frame()[:50])
        first = await arrived(source, 2)
        writer.write(a_frame()[50:] + a_frame(Flag="4"))
        second = await arrived(source, 2)
        bare = a_frame().rstrip(b"\r\n")
        assert payloads(first + second) == [bare, b"noise\r\n", bare, a_frame(Flag="4").rstrip(b"\r\n")]
        assert {message.topic for message in first + second} == {f"clearwarn/v1/tcp/{MN}/hj212"}
        source.settle(first + second)
        assert await heard(reader, 2 * len(ANSWER)) == 2 * ANSWER


async def test_lines_answer_no_frame_that_is_not_sound() -> None:
    """The device repeats it; its bytes are counted under the MN it names, or nobody's."""
    async with lines() as source, device(source) as (reader, writer):
        writer.write(b"noise\r\n" + a_frame()[:-6] + b"0000\r\n" + a_frame())
        messages = await arrived(source, 3)
        assert [message.topic.split("/")[3] for message in messages] == ["_unknown", MN, MN]
        source.settle(messages)
        assert await heard(reader) == ANSWER
        writer.close()
        assert await hung_up(reader) == b""


async def test_lines_answer_a_device_that_the_catalogue_does_not_know() -> None:
    """What it sent is on disk, in quarantine: it can go through once the catalogue knows it."""
    stranger = "350521C0000000000000CC99"
    async with lines() as source, device(source) as (reader, writer):
        writer.write(a_frame(MN=stranger))
        (message,) = await arrived(source, 1)
        assert message.topic == f"clearwarn/v1/tcp/{stranger}/hj212"
        source.settle([message])
        assert await heard(reader) == a_frame("", ST="91", CN="9014", Flag="4", MN=stranger)


async def test_lines_speak_the_checksum_of_the_device() -> None:
    """CRC-16/MODBUS where the station's entry says so; from any other device such a frame is not answered."""
    async with lines() as source, device(source) as (reader, writer):
        writer.write(a_frame(modbus=True) + a_frame(DATA, MN=OLD_MN, modbus=True))
        source.settle(await arrived(source, 2))
        expected = a_frame("", ST="91", CN="9014", Flag="4", MN=OLD_MN, modbus=True)
        assert await heard(reader, len(expected)) == expected


async def test_lines_hand_on_half_a_frame_when_the_rest_does_not_come() -> None:
    """The connection survives; at its end too, nothing of it is dropped."""
    hasty = replace(BOUNDS, frame_within=timedelta(milliseconds=20))
    async with lines(hasty) as source, device(source) as (reader, writer):
        writer.write(a_frame()[:70])
        assert payloads(await arrived(source, 1)) == [a_frame()[:70]]
        writer.write(a_frame())
        source.settle(await arrived(source, 1))
        assert await heard(reader) == ANSWER
    async with lines() as source:
        async with device(source) as (_, writer):
            writer.write(a_frame()[:70])
        assert payloads(await arrived(source, 1)) == [a_frame()[:70]]
        await has_ended(source, Ended.HUNG_UP)


async def test_lines_give_up_who_is_silent() -> None:
    """And count it."""
    async with lines(replace(BOUNDS, idle=timedelta(milliseconds=20))) as source, device(source) as (reader, _):
        assert await hung_up(reader) == b""
        await has_ended(source, Ended.SILENT)


async def test_lines_turn_away_more_connections_than_there_may_be() -> None:
    """Those that are open go on."""
    async with lines(replace(BOUNDS, connections=1)) as source, device(source) as (reader, writer):
        writer.write(a_frame())
        source.settle(await arrived(source, 1))
        assert await heard(reader) == ANSWER
        async with device(source) as (turned_away, _):
            assert await hung_up(turned_away) == b""
        assert (source.ended[Ended.TOO_MANY], source.open) == (1, 1)
        writer.write(a_frame())
        source.settle(await arrived(source, 1))
        assert await heard(reader) == ANSWER


async def test_lines_leave_a_flooding_device_unread_and_then_hang_up() -> None:
    """Over all its connections together; what was taken before is kept."""
    async with lines(replace(BOUNDS, frames_a_minute=600)) as source:
        async with device(source) as (reader, writer):
            writer.write(a_frame() * 700)
            found = await arrived(source, 600)
            await hung_up(reader)
            await has_ended(source, Ended.FLOODED)
        async with device(source) as (reader, writer):
            writer.write(a_frame() * 10)
            await hung_up(reader)
        assert len(found) < 610
        assert source.pauses >= 2
        assert source.ended[Ended.FLOODED] == 2


async def test_lines_read_nobody_while_too_much_waits() -> None:
    """A log that takes nothing: memory is bounded, TCP holds the rest, and nothing is lost."""
    async with lines(most_waiting=10) as source, device(source) as (reader, writer):
        sent = 2000
        writer.write(a_frame() * sent)
        found: list[Arrived] = []
        async with asyncio.timeout(PATIENCE):
            while len(found) < sent:
                batch = await source.receive()
                assert len(batch) <= 10
                found += batch
                source.settle(batch)
        assert await heard(reader, sent * len(ANSWER)) == ANSWER * sent


async def test_lines_hang_up_on_who_does_not_read_the_answers() -> None:
    """They would pile up in our memory."""
    async with lines() as source, device(source) as (_, writer):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a device that only talks
        async with asyncio.timeout(PATIENCE):
            while not source.ended[Ended.READ_NO_ANSWERS]:
                if not writer.transport.is_closing():
                    writer.write(a_frame() * 100)
                receiving = asyncio.create_task(source.receive(), name="receive")
                await asyncio.wait([receiving], timeout=0.2)
                if receiving.done():
                    source.settle([*receiving.result()] * 20)
                receiving.cancel()
        assert source.ended[Ended.READ_NO_ANSWERS] == 1
        assert source.ended.total() == 1


async def test_lines_close_every_connection_when_they_stop() -> None:
    """At once, whatever it is waiting for; a settlement that comes late is harmless."""
    async with lines() as source, device(source) as (reader, writer):
        writer.write(a_frame() + a_frame()[:20])
        late = await arrived(source, 1)
        running = next(task for task in asyncio.all_tasks() if task.get_name() == "lines")
        running.cancel()
        assert await hung_up(reader) == b""
        await has_ended(source, Ended.STOPPED)
        source.settle(late)
