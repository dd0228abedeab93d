"""Readings in InfluxDB, through influxdb-client's asynchronous client. `ports.ReadingStore` says what it promises.

Writes are line protocol in bounded bodies, one after the other, so that the order of arrival is kept; the same point
again is the same point. InfluxDB keeps what was written last, whatever its position: batches must be written in order,
and repeated from the first that may not have been taken, as the store writer does.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, assert_never

import aiohttp
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from ingest import influxql
from ingest.adapters.influx_address import InfluxAddress
from ingest.bisection import Refused, bisect
from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.flagged import Flagged
from ingest.influx_answers import described, judged
from ingest.ledger import Account, Entry
from ingest.line_protocol import INDEX, Lines, Unwritable, encode, encode_ledger, encode_points
from ingest.model import StoredIndex
from ingest.points import Point
from ingest.ports import StoredReading, StoredSeries

_BODY = 512 * 1024  # bytes before compression: some 5000 points, InfluxDB's own advice; nginx takes 1 MiB by default
_COMPRESSION = 1  # an eighth is left; at 9, the library's own, a ninth, for seven times the work
_CHUNK = 500  # deliveries encoded before other tasks have their turn: some 5 ms
_NOTHING = b"# clearwarn\n"  # a comment: the bucket and the token's rights are looked at, no point is written


class InfluxStore:
    """One client with its connections. Open it with `async with`; InfluxDB need not be there yet."""

    def __init__(self, *, address: InfluxAddress) -> None:
        self._address = address
        self._client: InfluxDBClientAsync | None = None

    async def __aenter__(self) -> Self:
        seconds = self._address.timeout.total_seconds()
        self._client = InfluxDBClientAsync(
            url=self._address.url.rstrip("/"),
            token=self._address.token,
            org=self._address.org,
            timeout=aiohttp.ClientTimeout(total=seconds),
            ssl_ca_cert=str(self._address.ca) if self._address.ca else None,
            allow_redirects=False,  # followed, a POST becomes a GET without its body, and the answer says 200
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def write(self, batch: Sequence[Flagged]) -> None:
        """In bodies of bounded size; what is refused is narrowed down to its deliveries, the rest is written."""
        await self._write(encode(batch))

    async def write_ledger(self, entries: Mapping[Account, Entry]) -> None:
        """Measurement `ledger`; beside the readings, on a connection of its own."""
        await self._write(encode_ledger(entries))

    async def write_points(self, points: Sequence[Point]) -> None:
        """Measurements of their own; beside the readings, as the ledger."""
        await self._write(encode_points(points))

    async def _write(self, encoded_all: Iterable[list[Lines] | Unwritable]) -> None:
        """One body is on its way while the next is put into words; they are sent in order all the same."""
        refused: dict[int, str] = {}
        sending: asyncio.Task[None] | None = None
        try:
            async with aclosing(self._bodies(encoded_all, refused)) as bodies:
                async for bucket, body in bodies:
                    if sending is not None:
                        await sending
                    sending = asyncio.create_task(self._send_all(bucket, body, refused), name="body")
            if sending is not None:
                await sending
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        if refused:
            raise StoreRefusedError(refused)

    async def _bodies(
        self, encoded_all: Iterable[list[Lines] | Unwritable], refused: dict[int, str]
    ) -> AsyncGenerator[tuple[str, _Body], None]:
        """Each with its bucket, as soon as it is full; what cannot be put into words is noted as refused."""
        writable: dict[str, _Body] = {}  # by bucket
        for index, encoded in enumerate(encoded_all):
            if index % _CHUNK == _CHUNK - 1:
                await asyncio.sleep(0)  # others' turn: a batch takes a tenth of a second to put into words
            match encoded:
                case Unwritable(reason):
                    refused.setdefault(index, reason)
                case list():
                    for lines in encoded:
                        bucket = self._address.of(lines.measurement)
                        body = writable.setdefault(bucket, _Body())
                        if body.is_full_with(lines):
                            yield bucket, body
                            body = writable[bucket] = _Body()
                        body.add(index, lines)
                case _:
                    assert_never(encoded)
        for left in writable.items():
            yield left

    async def _send_all(self, bucket: str, body: _Body, refused: dict[int, str]) -> None:
        found = await bisect(body.parts, partial(self._send, bucket))
        for at, reason in found.items():
            refused.setdefault(body.indexes[at], reason)  # of a delivery, the first

    async def history(
        self, station: str, parameter: str, start: datetime, end: datetime, *, period: str | None = None
    ) -> Sequence[StoredReading]:
        """By instant; of all periods where none is named."""
        question = influxql.history(station, parameter, start, end, period)
        try:
            return influxql.readings(await self._ask(question))
        except (ValueError, LookupError, TypeError) as error:
            message = f"{self._address.url}: {error}"
            raise StoreUnavailableError(message) from error

    async def indices(
        self, subject: str, index: str, period: str, start: datetime, end: datetime
    ) -> Sequence[StoredIndex]:
        """By instant."""
        question = influxql.indices(subject, index, period, start, end)
        try:
            return influxql.stored_indices(await self._ask(question, INDEX))
        except (ValueError, LookupError, TypeError) as error:
            message = f"{self._address.url}: {error}"
            raise StoreUnavailableError(message) from error

    async def newest(
        self, stations: Sequence[str], start: datetime, end: datetime, *, most: int
    ) -> Sequence[StoredSeries]:
        """One question for all of them: an answer of some hundred points each is a megabyte for ten stations."""
        question = influxql.newest(stations, start, end, most)
        try:
            return influxql.series(await self._ask(question))
        except (ValueError, LookupError, TypeError) as error:
            message = f"{self._address.url}: {error}"
            raise StoreUnavailableError(message) from error

    async def look(self) -> None:
        """Whether it is there and would take our points, in every bucket.

        Raises `StoreUnavailableError` or `StorePermanentError`.
        """
        for bucket in {self._address.bucket: None} | dict.fromkeys(self._address.apart.values()):
            await self._post(bucket, _NOTHING, lines=1)  # InfluxDB 2 refuses no points, after it knew bucket and token

    async def _send(self, bucket: str, part: Sequence[Lines]) -> Refused | None:
        body = b"\n".join([lines.data for lines in part])
        return await self._post(bucket, body, lines=sum(lines.points for lines in part))

    async def _post(self, bucket: str, body: bytes, *, lines: int) -> Refused | None:
        how: dict[str, str] = {}
        if self._address.gzip:
            body = await asyncio.to_thread(gzip.compress, body, _COMPRESSION)
            how["content_encoding"] = "gzip"
        try:
            answer = await self._writing.post_write_async(
                self._address.org, bucket, body, precision="us", _return_http_data_only=False, **how
            )
            status, headers, said = answer[1], answer[2], ""
        except ApiException as error:
            status, headers, said = error.status, error.headers or {}, _text(error.body)
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            message = f"{self._address.url}: {error or type(error).__name__}"
            raise StoreUnavailableError(message) from error
        return judged(status, headers, said, lines=lines)

    async def _ask(self, question: str, measurement: str = "") -> Mapping[str, Any]:
        """InfluxDB's answer as JSON, of where that measurement is. Raises `StoreUnavailableError`."""
        database, _, policy = self._address.of(measurement).partition(
            "/"
        )  # as InfluxDB 2 maps them to a bucket of that name
        query = [("db", database), ("rp", policy), ("q", question), ("epoch", "u")]
        accept = {"Accept": "application/json"}
        try:
            answer = await self._opened.api_client.call_api(
                "/query", "GET", {}, query, accept, response_type="object", auth_settings=[]
            )
        except ApiException as error:
            message = f"{self._address.url}: {described(error.status, _text(error.body))}"
            raise StoreUnavailableError(message) from error
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            message = f"{self._address.url}: {error or type(error).__name__}"
            raise StoreUnavailableError(message) from error
        if not isinstance(answer, dict):
            message = f"{self._address.url} does not answer as InfluxDB does"
            raise StoreUnavailableError(message)
        return answer

    @property
    def _opened(self) -> InfluxDBClientAsync:
        assert self._client is not None, "open it with `async with`"
        return self._client

    @property
    def _writing(self) -> WriteService:
        # WriteApiAsync would compress on the event loop, at level 9, and hides the status it was answered.
        return WriteService(self._opened.api_client)


class _Body:
    """Lines to be sent in one call, each with the number of its delivery; below the bound but for one larger piece."""

    def __init__(self) -> None:
        self.indexes: list[int] = []
        self.parts: list[Lines] = []
        self._size = 0

    def is_full_with(self, lines: Lines) -> bool:
        return bool(self.parts) and self._size + len(lines.data) >= _BODY

    def add(self, index: int, lines: Lines) -> None:
        self.indexes.append(index)
        self.parts.append(lines)
        self._size += len(lines.data) + 1


def _text(body: object) -> str:
    return body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
