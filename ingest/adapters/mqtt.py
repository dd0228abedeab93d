"""MQTT intake: connected for as long as the service runs, settled by hand.

A new client object for each connection: packet ids of an old one must never be acknowledged on a new one. The
session is the broker's to keep (clean start off), so that what we have not settled comes again. Memory is bounded:
when `most_waiting` messages or `most_bytes` have not been taken, the socket is not read; where none are for half the
keep-alive the connection is closed, keeping the session, and made anew when there is room. A backlog that is taken bit
by bit is no reason for that: each new connection brings again what was on its way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from paho.mqtt.enums import MQTTProtocolVersion

from ingest.adapters.mqtt_link import UNSUPPORTED, BrokerAddress, Link, Token
from ingest.backoff import Backoff
from ingest.errors import BrokerError
from ingest.ports import Arrived

_log = logging.getLogger(__name__)


class LinkState(StrEnum):
    """How it stands with the broker."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"


class MqttSource:
    """`ports.ReadingSource` over MQTT. `run()` keeps it connected until cancelled."""

    def __init__(
        self,
        *,
        address: BrokerAddress,
        subscriptions: Sequence[str],
        most_waiting: int = 20_000,
        most_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._address = address
        self._subscriptions = tuple(subscriptions)
        self._unwanted: frozenset[str] = frozenset()  # the session may still have them
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        self._waiting: list[Arrived] = []
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._taken = False  # since somebody last asked whether it stalls
        self._version = MQTTProtocolVersion.MQTTv5
        self._link: Link | None = None
        self.state = LinkState.DISCONNECTED
        self.last_error = ""
        self.connected = asyncio.Event()

    async def receive(self) -> Sequence[Arrived]:
        """Everything that has arrived and was not taken yet."""
        await self._arrived.wait()
        taken, self._waiting, self._bytes = self._waiting, [], 0
        self._arrived.clear()
        self._taken = True
        self._room.set()
        if self._link is not None and self.state is LinkState.PAUSED:
            self._link.read_on()
            self.state = LinkState.CONNECTED if self.connected.is_set() else LinkState.CONNECTING
        return taken

    def settle(self, batch: Sequence[Arrived]) -> None:
        """Acknowledges on the connection each message came by, where that is still up."""
        client = self._link.client if self._link is not None else None
        if client is not None:
            tokens = [message.token for message in batch]
            client.acknowledge([t.mid for t in tokens if isinstance(t, Token) and t.client is client and t.mid])

    async def resubscribe(self, subscriptions: Sequence[str]) -> None:
        """Subscribes to these and to no others, without giving up session or connection; without one, at the next.

        Raises `BrokerError` where the broker refuses one, `OSError`, `TimeoutError` where the connection breaks
        meanwhile: then the subscriptions are as before.
        """
        wanted, before = tuple(subscriptions), self._subscriptions
        link = self._link if self.connected.is_set() else None
        new = [topic for topic in wanted if topic not in before]
        if link is not None and new:
            await link.subscribe(new)
        self._subscriptions = wanted
        self._unwanted = (self._unwanted | {*before}) - {*wanted}
        if link is not None:
            try:
                await self._drop_unwanted(link)
            except (OSError, TimeoutError) as error:
                _log.warning("broker: %s; the next connection drops %s", error, ", ".join(sorted(self._unwanted)))

    async def _drop_unwanted(self, link: Link) -> None:
        unwanted = self._unwanted
        if unwanted:
            await link.unsubscribe(sorted(unwanted))
            self._unwanted -= unwanted

    async def run(self) -> None:
        """Connects, and connects again. Returns never; a refusal is logged and tried again."""
        backoff = Backoff()
        while True:
            await self._room.wait()
            try:
                await self._connection(backoff)
            except (OSError, TimeoutError, BrokerError, ValueError) as error:
                if str(error) != self.last_error:  # first failure, silence while it lasts
                    _log.warning("broker %s:%d: %s", self._address.host, self._address.port, error)
                self.last_error = str(error)
            self.state = LinkState.DISCONNECTED
            await asyncio.sleep(backoff.next())

    async def _connection(self, backoff: Backoff) -> None:
        """One connection, from CONNECT until it is gone."""
        self.state = LinkState.CONNECTING
        link = Link(self._address, self._version, self._take)
        self._link = link  # from the start: a kept session's messages come, and are settled, before SUBACK does
        try:
            await link.open()
            if link.refused in UNSUPPORTED and self._version is MQTTProtocolVersion.MQTTv5:
                self._other_version()
                backoff.reset()
                return
            if link.refused:
                msg = f"refused us: {link.refusal}"
                raise BrokerError(msg)
            await link.subscribe(self._subscriptions)
            await self._drop_unwanted(link)
            self.connected.set()
            self.state = LinkState.CONNECTED if self._room.is_set() else LinkState.PAUSED
            _log.info("broker %s:%d: connected (MQTT %s)", self._address.host, self._address.port, link.version_name)
            self.last_error = ""
            backoff.reset()
            await link.keep(self.stalls)
        except (ConnectionError, TimeoutError):
            if link.answered or not link.opened:
                raise
            five = self._version is MQTTProtocolVersion.MQTTv5
            self._other_version()  # amqtt says nothing at all to version 5, others hang up
            if not five:
                raise
        finally:
            self._link = None
            self.connected.clear()
            link.close()

    def _other_version(self) -> None:
        """What works is kept; what is not answered is tried in turn."""
        five = self._version is MQTTProtocolVersion.MQTTv5
        self._version = MQTTProtocolVersion.MQTTv311 if five else MQTTProtocolVersion.MQTTv5
        _log.info("broker did not take MQTT %s; trying %s", *(("5", "3.1.1") if five else ("3.1.1", "5")))

    def _take(self, message: Arrived) -> bool:
        """Keeps a message for the pipeline; whether there is room for another."""
        self._waiting.append(message)
        self._bytes += len(message.payload)
        self._arrived.set()
        if len(self._waiting) < self._most_waiting and self._bytes < self._most_bytes:
            return True
        self._room.clear()
        self.state = LinkState.PAUSED
        return False

    def stalls(self) -> bool:
        """Whether there is no room, and nothing was taken since this was last asked."""
        taken, self._taken = self._taken, False
        return not taken and not self._room.is_set()


async def probe(address: BrokerAddress, subscriptions: Sequence[str]) -> str:
    """Connects, subscribes, hangs up; returns the MQTT version. Raises `OSError`, `TimeoutError`, `BrokerError`."""
    looking = replace(address, keep_session=False)
    for version in (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311):
        last = version is MQTTProtocolVersion.MQTTv311
        link = Link(looking, version, lambda _message: True)
        try:
            await link.open()
            if link.refused in UNSUPPORTED and not last:
                continue
            if link.refused:
                msg = f"refused us: {link.refusal}"
                raise BrokerError(msg)
            await link.subscribe(subscriptions)
        except (ConnectionError, TimeoutError):
            if last or link.answered or not link.opened:
                raise
        else:
            return link.version_name
        finally:
            link.close()
    msg = "speaks neither MQTT 5 nor 3.1.1"
    raise BrokerError(msg)
