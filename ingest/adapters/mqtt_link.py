"""One MQTT connection on paho, driven from the event loop, acknowledging by hand.

It answers for TCP, TLS, CONNECT, SUBSCRIBE and for reading only while there is room; connecting again, and what
becomes of the messages, is `mqtt`'s matter.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.adapters.mqtt_client import Client, Inbox, Message
from ingest.errors import BrokerError
from ingest.ports import Arrived

_CONNECT_TIMEOUT = 10.0  # seconds, for TCP, TLS, CONNACK and SUBACK each; of those two without a word from the broker
_LONGEST = 100.0  # seconds for an answer, however much comes before it
_CONNACK_TIMEOUT = 2.0  # seconds for the answer to a version 5 CONNECT, which some brokers never give
_READ = 64 * 1024  # bytes read before other tasks have their turn: some 250 messages
UNSUPPORTED = frozenset({1, 0x84})  # CONNACK 3.1.1 and 5: this protocol version is not spoken here


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    keepalive: int = 30  # seconds
    keep_session: bool = True  # off only for a look: a session nobody comes back to fills the broker
    session_expiry: int = 7 * 24 * 3600  # seconds the broker is asked to keep the session (version 5)
    receive_maximum: int = 10_000  # unacknowledged messages we ask for (version 5; 3.1.1 has no words for it)


_new = tuple.__new__  # `_new(Arrived, (...))` is `Arrived(...)`, at half the cost


class Token(NamedTuple):
    """What settles a message: the client it came through, and its packet id there (0 for QoS 0)."""

    client: Client
    mid: int


class Link:
    """One connection of one client."""

    def __init__(self, address: BrokerAddress, version: MQTTProtocolVersion, take: Callable[[Arrived], bool]) -> None:
        self._address = address
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[int] = self._loop.create_future()
        self._asked: dict[int, asyncio.Future[list[int]]] = {}  # SUBSCRIBE and UNSUBSCRIBE not answered yet
        self._gone: asyncio.Future[str] = self._loop.create_future()
        self._watched: int | None = None
        self._opened = False
        self._reading = False
        self._heard = 0.0  # the loop's time when the broker last said anything
        self._version = version
        self._inbox = Inbox(five=version is MQTTProtocolVersion.MQTTv5)
        self.refused = 0
        self.refusal = ""
        self.client = self._client(address, version)

    @property
    def version_name(self) -> str:
        """As people write it."""
        return "5" if self._version is MQTTProtocolVersion.MQTTv5 else "3.1.1"

    @property
    def opened(self) -> bool:
        """Whether there was a connection to send our CONNECT on."""
        return self._opened

    @property
    def answered(self) -> bool:
        """Whether the broker said anything to our CONNECT."""
        return self._answer.done()

    def _client(self, address: BrokerAddress, version: MQTTProtocolVersion) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=address.client_id,
            protocol=version,
            manual_ack=True,
            clean_session=None if version is MQTTProtocolVersion.MQTTv5 else not address.keep_session,
        )
        client.connect_timeout = _CONNECT_TIMEOUT
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.tls is not None:
            client.tls_set_context(address.tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_answer
        client.on_unsubscribe = self._on_answer
        client.on_disconnect = self._on_disconnect
        return client

    async def open(self) -> None:
        """TCP, TLS, CONNECT and its answer; a refusal is in `refused`. Raises `OSError`, `TimeoutError`."""
        await asyncio.wait_for(asyncio.to_thread(self._connect), 2 * _CONNECT_TIMEOUT)
        socket = self.client.socket()
        if socket is None:
            msg = "the connection broke at once"
            raise ConnectionResetError(msg)
        self._watched, self._opened = socket.fileno(), True
        self.client.on_socket_close = self._on_socket_close
        self.client.on_socket_register_write = self._on_want_write
        self.client.on_socket_unregister_write = self._on_written
        self.read_on()
        if self.client.want_write():
            self._loop.add_writer(self._watched, self.client.loop_write)
        patience = _CONNACK_TIMEOUT if self._version is MQTTProtocolVersion.MQTTv5 else _CONNECT_TIMEOUT
        await self._first(self._answer, "no answer to CONNECT", patience)
        self.refused = self._answer.result()

    def _connect(self) -> None:
        """Blocking; nothing of it touches the event loop."""
        if self._version is not MQTTProtocolVersion.MQTTv5:
            self.client.connect(self._address.host, self._address.port, self._address.keepalive)
            return
        wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's, without annotations
        wanted.SessionExpiryInterval = self._address.session_expiry if self._address.keep_session else 0
        wanted.ReceiveMaximum = self._address.receive_maximum
        self.client.connect(
            self._address.host, self._address.port, self._address.keepalive, clean_start=False, properties=wanted
        )

    async def subscribe(self, topics: Sequence[str]) -> None:
        """QoS 1 for each. Raises `BrokerError` where one is refused."""
        codes = await self._answered(self.client.subscribe([(topic, 1) for topic in topics]), "SUBSCRIBE")
        refused = [topic for topic, code in zip(topics, codes, strict=False) if code >= 0x80]  # noqa: PLR2004
        if refused:
            msg = f"refused the subscription to {', '.join(refused)}: look at its ACL"
            raise BrokerError(msg)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """The session forgets them; what the broker holds for them already still comes."""
        await self._answered(self.client.unsubscribe([*topics]), "UNSUBSCRIBE")

    async def _answered(self, sent: tuple[Any, int | None], name: str) -> Sequence[int]:
        """The codes of its answer. Raises `TimeoutError`, `ConnectionResetError`."""
        _, mid = sent
        if mid is None:
            msg = "connection lost"
            raise ConnectionResetError(msg)
        answer: asyncio.Future[list[int]] = self._loop.create_future()
        self._asked[mid] = answer
        try:
            await self._first(answer, f"no answer to {name}", _CONNECT_TIMEOUT)
            return answer.result()
        finally:
            del self._asked[mid]

    async def keep(self, stalled: Callable[[], bool]) -> None:
        """Returns when the connection is gone, or was closed because nothing was taken for too long."""
        behind = 0.0
        while True:
            done, _ = await asyncio.wait([self._gone], timeout=1.0)
            if done:
                raise ConnectionResetError(self._gone.result())
            behind = behind + 1.0 if stalled() else 0.0
            if behind > self._address.keepalive / 2:
                msg = "more came than the log can take; hung up, the broker keeps the rest"
                raise BrokerError(msg)
            self.client.loop_misc()

    def read_on(self) -> None:
        """Reads the socket from now on."""
        if self._watched is not None and not self._reading:
            self._loop.add_reader(self._watched, self._read)
            self._reading = True
            self._loop.call_soon(self._read)  # what came before the pause, here or within TLS

    def close(self) -> None:
        """Hangs up without a word, so that a version 5 broker keeps the session as it keeps a 3.1.1 one."""
        if self._watched is not None:
            self.client.loop_write()  # acknowledgements still queued: unsent, the messages would come again
        self._unwatch()
        self.client.on_disconnect = None
        socket = self.client.socket()
        if socket is not None:
            socket.close()
        self._answer.cancel()
        self._gone.cancel()
        for asked in self._asked.values():
            asked.cancel()

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
            self._loop.remove_writer(self._watched)
            self._watched = None
            self._reading = False

    async def _first(self, future: asyncio.Future[Any], otherwise: str, patience: float) -> None:
        """Until it is there. A broker answers after what it had to say before: a backlog may take longer than that."""
        asked = self._loop.time()
        while (left := min(asked + _LONGEST, max(asked, self._heard) + patience) - self._loop.time()) > 0:
            done, _ = await asyncio.wait([future, self._gone], timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if future in done:
                return
            if self._gone in done:
                raise ConnectionResetError(self._gone.result())
        raise TimeoutError(otherwise)

    def _read(self) -> None:
        """One read of the network, and all that is whole in what has come so far."""
        self._inbox.take(self._on_message, self.client.hand)
        socket = self.client.socket()
        if socket is None or not self._reading:
            return
        try:
            data = socket.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            self.client.fail(error)
            return
        if not data:
            self.client.hand(b"")
            return
        self._heard = self._loop.time()
        self.client.heard()
        self._inbox.put(data)
        self._inbox.take(self._on_message, self.client.hand)
        if self._buffered():  # no longer the socket's to announce
            self._loop.call_soon(self._read)

    def _buffered(self) -> bool:
        """Whether TLS holds bytes that the socket will not announce again."""
        socket = self.client.socket()
        return isinstance(socket, ssl.SSLSocket) and socket.pending() > 0

    def _on_message(self, message: Message) -> bool:
        topic, payload, mid = message
        arrived: Arrived = _new(Arrived, (topic, payload, _new(Token, (self.client, mid))))
        if not self._take(arrived) and self._watched is not None:
            self._loop.remove_reader(self._watched)
            self._reading = False
        return self._reading

    def _on_connect(self, _client: paho.Client, _userdata: object, _flags: object, code: Any, _more: object) -> None:
        self.refusal = str(code)
        if not self._answer.done():
            self._answer.set_result(int(code.value))

    def _on_answer(self, _client: paho.Client, _userdata: object, mid: int, codes: Any, _more: object) -> None:
        answer = self._asked.get(mid)
        if answer is not None and not answer.done():
            answer.set_result([int(code.value) for code in codes])

    def _on_disconnect(self, _client: paho.Client, _userdata: object, _flags: object, code: Any, _more: object) -> None:
        if not self._gone.done():
            self._gone.set_result(f"connection lost ({code})")

    def _on_socket_close(self, _client: paho.Client, _userdata: object, _socket: object) -> None:
        """While the number is still ours: another connection may have it a moment later."""
        self._unwatch()

    def _on_want_write(self, _client: paho.Client, _userdata: object, _socket: object) -> None:
        if self._watched is not None:
            self._loop.add_writer(self._watched, self.client.loop_write)

    def _on_written(self, _client: paho.Client, _userdata: object, _socket: object) -> None:
        if self._watched is not None:
            self._loop.remove_writer(self._watched)
