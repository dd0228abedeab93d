"""The newest indices of each station and area, published retained: `clearwarn/v1/index/{id}`.

What waits is a set of names; the document is made when its turn comes, so the latest wins and nothing piles up while
the broker is away. After each round there is a rest, so that a backlog, in which hours pass in a moment, is not spelled
out hour by hour. Whoever needs every value reads the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import aiomqtt
import orjson

from ingest import topics
from ingest.adapters.mqtt_link import BrokerAddress
from ingest.backoff import Backoff

_log = logging.getLogger(__name__)
_TIMEOUT = 10.0  # seconds for connecting, and for each acknowledgement
_REST = partial(asyncio.sleep, 5.0)  # between rounds: hours are what is told, and a dashboard looks less often
_OWN = "-index"  # a client of its own beside intake's: its session need not be kept
_LONGEST_ID = 23  # bytes that every broker of MQTT 3.1.1 must take


class Indices(Protocol):
    """What is asked of the alerting side."""

    def indexed(self) -> Sequence[str]:
        """Stations and areas that may have indices."""
        ...

    def bulletin(self, subject: str) -> Mapping[str, Any] | None:
        """The newest of one; None where there is nothing yet."""
        ...


class Bulletins:
    """`run()` as a task; `changed` says what there is to publish."""

    def __init__(
        self,
        *,
        address: BrokerAddress,
        indices: Indices,
        rest: Callable[[], Awaitable[object]] = _REST,
    ) -> None:
        self._address = address
        self._rest = rest
        self._indices = indices
        self._waiting: dict[str, None] = {}  # in order of their first change
        self._news = asyncio.Event()
        self._lost = False
        self.published = 0
        self.failed = 0  # attempts; what could not be published waits for the next

    @property
    def waiting(self) -> int:
        """Stations and areas whose newest indices the broker has not taken."""
        return len(self._waiting)

    def changed(self, subjects: Iterable[str]) -> None:
        """These have something new. Never blocks."""
        self._waiting.update(dict.fromkeys(subjects))
        if self._waiting:
            self._news.set()

    async def run(self) -> None:
        """Forever. All of it once, as the broker may have lost what it had; connects when there is something to say."""
        self.changed(self._indices.indexed())
        backoff = Backoff()
        while True:
            await self._news.wait()
            try:
                async with self._client() as client:
                    if self._lost:
                        _log.warning("indices are published again; %d wait", len(self._waiting))
                        self._lost = False
                    backoff.reset()
                    await self._publish(client)
            except (aiomqtt.MqttError, OSError, TimeoutError) as error:
                if not self._lost:
                    _log.warning("indices cannot be published (%s); trying on", error)
                    self._lost = True
            await asyncio.sleep(backoff.next())

    async def _publish(self, client: aiomqtt.Client) -> None:
        """Until the connection is lost. Raises `aiomqtt.MqttError`."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                subject = next(iter(self._waiting))
                del self._waiting[subject]
                payload = self._payload(subject)
                if payload is None:
                    continue
                try:
                    await client.publish(topics.index_of(subject), payload, qos=1, retain=True, timeout=_TIMEOUT)
                except BaseException:  # whatever ends it: what was not taken still waits
                    self._waiting.setdefault(subject)
                    self._news.set()
                    self.failed += 1
                    raise
                self.published += 1
            await self._rest()

    def _payload(self, subject: str) -> bytes | None:
        """A fault of ours must not end the service."""
        try:
            document = self._indices.bulletin(subject)
            return None if document is None else orjson.dumps(document)
        except Exception:  # noqa: BLE001  # whatever it is, stopping would be worse
            self.failed += 1
            _log.exception("the newest indices of %s cannot be put into words", subject)
            return None

    def _client(self) -> aiomqtt.Client:
        address = self._address
        return aiomqtt.Client(
            address.host,
            address.port,
            username=address.username,
            password=address.password,
            identifier=address.client_id[: _LONGEST_ID - len(_OWN)] + _OWN,
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=address.tls,
            keepalive=address.keepalive,
            timeout=_TIMEOUT,
        )
