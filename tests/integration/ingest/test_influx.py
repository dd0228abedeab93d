"""The InfluxDB store against a real InfluxDB, and against servers that behave as badly as networks do."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from ingest.adapters.books import Books
from ingest.adapters.influx_address import InfluxAddress
from ingest.adapters.influx_store import InfluxStore
from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.backoff import Backoff
from ingest.errors import StorePermanentError, StoreRefusedError, StoreUnavailableError
from ingest.flagged import Flagged
from ingest.health import Health
from ingest.ledger import Entry
from ingest.model import Flag, Reason
from ingest.writer import StoreWriter
from tests.support.influx import BUCKET, Influx, influx
from tests.support.ingest import HOUR, NOW, STATION, HandClock, a_delivery, an_outcome, micros
from tests.support.mosquitto import free_port
from tests.support.tcp_server import listening

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    """One InfluxDB for the tests that leave it running."""
    with influx(tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def database(server: Influx) -> Influx:
    """With nothing in it."""
    server.clear()
    return server


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again without the wait."""
    monkeypatch.setattr("ingest.insist.Backoff", partial(Backoff, first=0.01, most=0.02))


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, one a connection and then the last; its address, and the bodies it was sent.

    An empty answer means that it says nothing at all.
    """
    left = list(answers)
    bodies: list[bytes] = []
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.strip().split(b"\r\n")[1:])
        bodies.append(await reader.readexactly(int(fields.get(b"Content-Length", b"0"))))
        answer = left.pop(0) if len(left) > 1 else left[0]
        if not answer:
            await over.wait()
        writer.write(answer)

    async with listening(serve) as port:
        try:
            yield f"http://127.0.0.1:{port}", bodies
        finally:
            over.set()


def an_answer(status: str, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


async def refused_by(address: InfluxAddress, batch: Sequence[Flagged] | None = None) -> Exception:
    """What writing there raises."""
    async with InfluxStore(address=address) as store:
        with pytest.raises(Exception) as raised:  # noqa: PT011  # which one is what is asked
            await store.write(batch or [an_outcome()])
    return raised.value


async def test_influx_points_are_as_the_contract_has_them(database: Influx) -> None:
    """DESIGN section 5: measurement, tags, fields; time is the instant."""
    outcome = an_outcome((NOW, 412.0), flag=Flag.SUSPECT, reason="spike")
    async with InfluxStore(address=database.address()) as store:
        await store.write([outcome._replace(corrected=[("pm2_5", "1h", micros(NOW), 35.0)])])
    tags = {"period": "1h", "station": STATION, "time": micros(NOW)}
    assert database.ask("SELECT * FROM air GROUP BY *") == [{"drill": "false", "pm2_5": 412.0, "pm2_5_flag": 3, **tags}]
    common = {"parameter": "pm2_5", "received": micros(NOW), **tags}
    assert database.ask("SELECT * FROM quality GROUP BY *") == [
        {"reason": "corrected", "flag": 1, "value": 35.0, **common},
        {"reason": "spike", "flag": 3, "value": 412.0, **common},
    ]


@pytest.mark.parametrize(
    "name", ["a b", "a,b", "a=b", 'say "a"', "o'brien", "a\\b", "臭氧🌊", " ", "#", "a\u2028b", "$a", "a;b", "DROP"]
)
async def test_influx_names_come_back_as_they_went(database: Influx, name: str) -> None:
    """As station, parameter and reason."""
    async with InfluxStore(address=database.address()) as store:
        await store.write([an_outcome((NOW, 1.5), account=name, parameter=name, flag=Flag.SUSPECT, reason=name)])
        (found,) = await store.history(name, name, NOW, NOW)
        assert (found.value, found.reason) == (1.5, name)
        assert await store.history(f"{name}x", name, NOW, NOW) == []


@pytest.mark.parametrize("value", [0.0, -0.4, 1e-9, 1e22, 1.7976931348623157e308, 5e-324, 88])
async def test_influx_values_come_back_as_they_went(database: Influx, value: float) -> None:
    """To the last bit; a whole number is a float too."""
    async with InfluxStore(address=database.address()) as store:
        await store.write([an_outcome((NOW, 0.5)), an_outcome((NOW + HOUR, value), position=2)])
        assert [found.value for found in await store.history(STATION, "pm2_5", NOW + HOUR, NOW + HOUR)] == [value]


@pytest.mark.parametrize("compressed", [True, False])
async def test_influx_large_batches_go_in_several_bodies(database: Influx, compressed: bool) -> None:  # noqa: FBT001
    """More than nginx takes at once; nothing is missing."""
    batch = [an_outcome(*((NOW + (at * 50 + n) * SECOND, n + 0.5) for n in range(50))) for at in range(400)]
    async with InfluxStore(address=database.address(gzip=compressed)) as store:
        await store.write(batch)
        assert len(await store.history(STATION, "pm2_5", NOW, NOW + 20_000 * SECOND)) == 20_000


async def test_influx_delivery_larger_than_a_body_goes_in_pieces(database: Influx) -> None:
    """More than nginx takes at once, in one message; nothing is missing."""
    day = an_outcome(*((NOW + n * SECOND, n + 0.5) for n in range(20_000)))
    async with InfluxStore(address=database.address(gzip=False)) as store:
        await store.write([an_outcome(account="air-2"), day, an_outcome(account="air-3")])
    assert database.ask("SELECT count(pm2_5) FROM air")[0]["count"] == 20_002


async def test_influx_too_large_for_the_server_is_halved(tmp_path: Path) -> None:
    """413: what passes in smaller bodies is stored, and only what does not pass alone is refused."""
    many = [an_outcome((NOW + n * SECOND, n + 0.5), position=n + 1) for n in range(400)]
    many[100] = an_outcome(*((NOW + n * SECOND, 0.5) for n in range(900)), account="air-2", position=101)
    with influx(tmp_path, largest="10k") as server:
        error = await refused_by(server.address(gzip=False), many)
        (stored,) = server.ask("SELECT count(pm2_5) FROM air")
    assert isinstance(error, StoreRefusedError)
    assert set(error.indexes) == {100}
    assert stored["count"] == 399


async def test_influx_history_beyond_the_retention_is_refused_at_once(database: Influx) -> None:
    """All of it, in one request rather than two a delivery; what is within is stored."""
    database.ask('CREATE RETENTION POLICY "week" ON "clearwarn" DURATION 7d REPLICATION 1 DEFAULT')
    old = [an_outcome((NOW.replace(year=2001) + n * HOUR, 1.0), position=n + 1) for n in range(300)]
    error = await refused_by(database.address(), old)
    assert isinstance(error, StoreRefusedError)
    assert set(error.indexes) == set(range(300))
    assert "retention" in error.indexes[0]
    mixed = [*old[:150], an_outcome((NOW.replace(year=2099), 2.0), position=999), *old[150:]]
    error = await refused_by(database.address(), mixed)
    assert isinstance(error, StoreRefusedError)
    assert set(range(301)) - set(error.indexes) == {150}


@pytest.mark.usefixtures("_impatient")
async def test_influx_one_refused_in_a_thousand_goes_to_quarantine_alone(database: Influx, tmp_path: Path) -> None:
    """A field of another type: exactly that delivery, with InfluxDB's reason; the rest is stored, the books balance."""
    await _type_conflict(database)
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(SqliteIntakeLog(folder=tmp_path / "intake"))
        books = await stack.enter_async_context(Books(path=tmp_path / "books.db"))
        store = await stack.enter_async_context(InfluxStore(address=database.address()))
        batch = [an_outcome((NOW + n * SECOND, n + 0.5), position=n + 1) for n in range(1000)]
        batch[617] = an_outcome((NOW + 617 * SECOND, 1.0), parameter="no2", position=618)
        await log.append([a_delivery(position=item.position) for item in batch], ())
        await log.append((), batch)
        await books.receive(batch)
        await _follow(StoreWriter(log=log, store=store, books=books, health=Health(now=HandClock().now)))
        assert books.totals == Entry(received=1000, stored=999, quarantined=1)
        (kept,) = await books.quarantined()
        assert (kept.position, kept.reason, kept.parameter) == (618, Reason.STORE_REFUSED, "no2")
        assert "field type conflict" in kept.detail
        assert kept.payload == a_delivery().payload
        assert len(await store.history(STATION, "pm2_5", NOW, NOW + HOUR)) == 999


async def _type_conflict(database: Influx) -> None:
    """`no2` of measurement `air` is a text in these days, as another program may have left it."""
    with_text = b'air,station=other no2="text" %d' % (micros(NOW) - 1)
    async with InfluxStore(address=database.address()) as store:
        await store._post(BUCKET, with_text, lines=1)


async def _follow(writer: StoreWriter) -> None:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(writer.run())
        await writer.caught_up()
        running.cancel()


@pytest.mark.usefixtures("_impatient")
async def test_influx_outage_of_the_database_loses_nothing(tmp_path: Path) -> None:
    """Stopped while the writer writes, started again: what the log has is there, once."""
    with influx(tmp_path) as server:
        async with AsyncExitStack() as stack:
            log = await stack.enter_async_context(SqliteIntakeLog(folder=tmp_path / "intake"))
            books = await stack.enter_async_context(Books(path=tmp_path / "books.db"))
            store = await stack.enter_async_context(InfluxStore(address=server.address()))
            health = Health(now=HandClock().now)
            batch = [an_outcome((NOW + n * SECOND, n + 0.5), position=n + 1) for n in range(500)]
            await log.append([a_delivery(position=item.position) for item in batch], batch)
            await books.receive(batch)
            server.stop()
            with pytest.raises(StoreUnavailableError):
                await store.history(STATION, "pm2_5", NOW, NOW)
            writer = StoreWriter(log=log, store=store, books=books, health=health, batch=100)
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                running = group.create_task(_follow(writer))
                await asyncio.to_thread(server.start)
                await running
            assert books.totals == Entry(received=500, stored=500)
            assert not health.troubles
            assert len(await store.history(STATION, "pm2_5", NOW, NOW + HOUR)) == 500


async def test_influx_nobody_there_is_unavailable() -> None:
    """Connection refused."""
    error = await refused_by(InfluxAddress(url=f"http://127.0.0.1:{free_port()}", bucket="b"))
    assert isinstance(error, StoreUnavailableError)


async def test_influx_silence_is_unavailable() -> None:
    """A server that takes the body and never answers costs the timeout, for reads as for writes."""
    async with answering(b"") as (url, _):
        address = InfluxAddress(url=url, bucket="b", timeout=timedelta(milliseconds=100))
        assert isinstance(await refused_by(address), StoreUnavailableError)
        async with InfluxStore(address=address) as store:
            with pytest.raises(StoreUnavailableError):
                await store.history(STATION, "pm2_5", NOW, NOW)


async def test_influx_connection_cut_is_unavailable() -> None:
    """Half an answer is none."""
    async with answering(b"HTTP/1.1 20") as (url, _):
        assert isinstance(await refused_by(InfluxAddress(url=url, bucket="b")), StoreUnavailableError)


async def test_influx_failure_leaves_the_callers_task_as_it_was() -> None:
    """No request to cancel is left with it: on Python 3.11.2 its next timeout would end it in silence."""
    async with answering(an_answer("500 Internal Server Error")) as (url, _):
        assert isinstance(await refused_by(InfluxAddress(url=url, bucket="b")), StoreUnavailableError)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_influx_busy_says_when_to_come_again() -> None:
    """503 with Retry-After; the same batch is taken afterwards, compressed, and whole."""
    busy = an_answer("503 Service Unavailable", "Retry-After: 7", body='{"message": "busy"}')
    async with (
        answering(busy, an_answer("204 No Content")) as (url, bodies),
        InfluxStore(address=InfluxAddress(url=url, bucket="b")) as store,
    ):
        with pytest.raises(StoreUnavailableError, match="busy") as raised:
            await store.write([an_outcome()])
        assert raised.value.retry_after == timedelta(seconds=7)
        await store.write([an_outcome()])
    first, again = [gzip.decompress(body) for body in bodies]
    assert first == again
    assert first.startswith(b"air,drill=false,")


async def test_influx_redirect_is_not_followed() -> None:
    """Followed, the points would be gone and the answer would be 200."""
    moved = an_answer("301 Moved Permanently", "Location: /elsewhere")
    async with answering(moved, an_answer("200 OK")) as (url, bodies):
        error = await refused_by(InfluxAddress(url=url, bucket="b"))
        assert isinstance(error, StorePermanentError)
        assert len(bodies) == 1


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request"])
async def test_influx_page_of_somebody_else_quarantines_nothing(status: str) -> None:
    """A proxy's page is a matter for a person; asked a question, it is no answer."""
    async with answering(an_answer(status, "Content-Type: text/html", body="<html>")) as (url, _):
        address = InfluxAddress(url=url, bucket="b")
        assert isinstance(await refused_by(address), StorePermanentError)
        async with InfluxStore(address=address) as store:
            with pytest.raises(StoreUnavailableError):
                await store.history(STATION, "pm2_5", NOW, NOW)


async def test_influx_unknown_bucket_is_for_a_person(server: Influx) -> None:
    """It says which setting to look at; reading from there is an error too."""
    address = server.address(bucket="nowhere")
    error = await refused_by(address)
    assert isinstance(error, StorePermanentError)
    assert "store.bucket" in str(error)
    async with InfluxStore(address=address) as store:
        with pytest.raises(StoreUnavailableError):
            await store.history(STATION, "pm2_5", NOW, NOW)


async def test_influx_wrong_token_is_for_a_person(tmp_path: Path) -> None:
    """401; the token itself is nowhere in what is said."""
    with influx(tmp_path, auth=True) as server:
        address = server.address(token="s3cret")
        error = await refused_by(address)
    assert isinstance(error, StorePermanentError)
    assert "store.token_file" in str(error)
    assert "s3cret" not in str(error) + repr(address)


async def test_influx_can_be_looked_at_without_writing(database: Influx) -> None:
    """As `doctor` does."""
    async with InfluxStore(address=database.address()) as store:
        await store.look()
    assert database.ask("SHOW SERIES") == []
