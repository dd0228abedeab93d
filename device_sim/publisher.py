"""Publishing at QoS 1, in order, many at once, through interruptions.

A window of messages is on its way unacknowledged. After a lost connection everything in the window is sent again,
oldest first, so that the order holds and nothing is lost; the service may see some twice, which QoS 1 allows. Speaks
MQTT 3.1.1, as every broker does.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiomqtt

from device_sim.broker import Broker
from device_sim.chance import uniform
from device_sim.errors import BrokerError

WINDOW = 200
TIMEOUT = 20.0  # s without an acknowledgement: the connection counts as lost
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # s between attempts to reconnect


@dataclass(slots=True)
class _OnItsWay:
    topic: str
    payload: bytes
    mark: int
    sent: asyncio.Task[None]


class Publisher:
    """An open connection, as a context manager. One user at a time: `publish` and `settle` are not for several tasks.

    Entering raises `BrokerError` when the broker cannot be reached at once; later losses are mended for up to
    `patience` seconds. `tell` hears of a lost connection and of its return.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        client_id: str,
        window: int = WINDOW,
        patience: float = 120.0,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.reconnects = 0
        self._acknowledged = 0
        self._mark = 0
        self._broker = broker
        self._client_id = client_id
        self._room = window
        self._patience = patience
        self._tell = tell
        self._window: deque[_OnItsWay] = deque()
        self._pause = 0.0
        self._give_up = 0.0  # loop time; 0 while all is well
        self._stack = AsyncExitStack()
        self._client: aiomqtt.Client
        self._lost: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._disconnect()

    @property
    def acknowledged(self) -> int:
        """How many messages the broker has acknowledged."""
        self._reap()
        return self._acknowledged

    @property
    def mark(self) -> int:
        """The newest mark up to which everything is acknowledged; 0 while there is none."""
        self._reap()
        return self._mark

    async def publish(self, topic: str, payload: bytes, *, mark: int = 0) -> None:
        """Returns when the message is in the window, waiting for room in it; acknowledged it is after `settle`."""
        self._reap()
        while len(self._window) >= self._room or self._broken():
            await self._oldest()
        self._window.append(_OnItsWay(topic, payload, mark, self._send(topic, payload)))

    async def settle(self) -> None:
        """Returns when everything is acknowledged."""
        while self._window:
            await self._oldest()

    def _send(self, topic: str, payload: bytes) -> asyncio.Task[None]:
        # Owned by the window, which awaits or cancels it. Tasks start in the order of their creation: messages too.
        return asyncio.create_task(self._client.publish(topic, payload, qos=1, timeout=TIMEOUT), name="publish")

    def _broken(self) -> bool:
        return self._lost.done() or bool(self._window and _failed(self._window[0].sent))

    def _reap(self) -> None:
        while self._window and self._window[0].sent.done() and not _failed(self._window[0].sent):
            self._mark = self._window.popleft().mark or self._mark
            self._acknowledged += 1
            self._pause, self._give_up = 0.0, 0.0

    async def _oldest(self) -> None:
        """Waits until the oldest message is acknowledged; mends the connection where it is lost."""
        if self._window and not self._broken():
            await asyncio.wait({self._window[0].sent, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        self._reap()
        if self._broken():
            await self._mend()

    async def _mend(self) -> None:
        """A new connection, and everything unacknowledged again. Raises `BrokerError` when patience is at its end.

        The pause grows until something is acknowledged: a broker that accepts us and hangs up is not asked without end.
        """
        loop = asyncio.get_running_loop()
        if not self._give_up:
            self._give_up = loop.time() + self._patience
            self._tell(f"broker {self._broker}: connection lost, trying again")
        while True:
            await self._disconnect()
            self.reconnects += 1
            wait = self._pause * (0.5 + 0.5 * uniform(self._client_id, self.reconnects))
            self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
            if loop.time() + wait > self._give_up:
                raise BrokerError(str(self._broker), f"lost, and not back within {self._patience:.0f} s")
            await asyncio.sleep(wait)
            try:
                await self._connect()
            except BrokerError:
                continue
            for message in self._window:
                message.sent = self._send(message.topic, message.payload)
            self._tell(f"broker {self._broker}: connected again, {len(self._window)} messages sent again")
            return

    async def _connect(self) -> None:
        broker = self._broker
        tls = ssl.create_default_context(cafile=broker.ca_file) if broker.tls else None
        self._client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user,
            password=broker.password,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            timeout=TIMEOUT,
            max_inflight_messages=self._room,
            max_concurrent_outgoing_calls=self._room + 1,
            tls_context=tls,
        )
        self._client.pending_calls_threshold = self._room + 1  # a full window is no anomaly worth a log line
        stack = AsyncExitStack()
        try:
            await stack.enter_async_context(self._client)
        except (aiomqtt.MqttError, OSError) as error:
            raise BrokerError(str(broker), _reason(error)) from error
        self._stack = stack
        self._lost = asyncio.create_task(self._until_lost(), name="connection")

    async def _until_lost(self) -> None:
        """Nothing is subscribed: iterating ends only with the connection."""
        try:
            async for _ in self._client.messages:
                pass
        except aiomqtt.MqttError:
            return

    async def _disconnect(self) -> None:
        """Bounded, and harmless twice."""
        tasks = [self._lost, *(message.sent for message in self._window)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        stack, self._stack = self._stack, AsyncExitStack()
        try:
            async with asyncio.timeout(TIMEOUT):
                await stack.aclose()
        except (aiomqtt.MqttError, OSError, TimeoutError):
            return  # it was lost already


def _failed(task: asyncio.Task[None]) -> bool:
    """Whether the connection failed it. Raises what is wrong with the message itself: no use in sending that again."""
    if not task.done():
        return False
    if task.cancelled():
        return True
    error = task.exception()
    if error is not None and not isinstance(error, aiomqtt.MqttError):
        raise error
    return error is not None


def _reason(error: BaseException) -> str:
    text = str(error)
    if "refused" in text.lower() and "Errno" in text:
        return "connection refused; is a broker running there? (--broker mqtt://host:port)"
    return text or type(error).__name__
