"""Mail against a real SMTP server on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from alerts.errors import ChannelRefusedError, ChannelUnavailableError
from alerts.notifications import Language
from alerts.notify.channel import Message
from alerts.notify.email import EmailNotifier
from alerts.notify.settings import EmailSettings
from tests.support.alerts_people import NOON
from tests.support.tcp_server import listening


class Mailbox:
    """Answers the recipient and the data as it was told to."""

    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 taken") -> None:
        self.rcpt = rcpt
        self.data = data
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.data


class Session(SMTP):
    """Says when its connection is over."""

    def __init__(self, mailbox: Mailbox, open_sessions: set[asyncio.Event]) -> None:
        super().__init__(mailbox, hostname="mail.example", loop=asyncio.get_running_loop())
        self._over = asyncio.Event()
        open_sessions.add(self._over)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._over.set()


@asynccontextmanager
async def a_server(mailbox: Mailbox) -> AsyncIterator[int]:
    sessions: set[asyncio.Event] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Session(mailbox, sessions), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for over in sessions:
            await over.wait()


def a_notifier(port: int, **changes: Any) -> EmailNotifier:
    given = {"host": "127.0.0.1", "port": port, "sender": "clearwarn@bureau.example", "security": "none"}
    return EmailNotifier(settings=EmailSettings.model_validate(given | {"timeout_seconds": 5} | changes), password=None)


MESSAGE = Message(
    key="k-1",
    warning="w-1",
    person="chen",
    address="chen@bureau.example",
    language=Language.ZH,
    subject="【演练】橙色饮用水水源预警发布：上游一号",
    text="事项：氨氮\n\n.\n末行\n",
    payload={},
    attempted_at=NOON,
)


async def test_email_arrives_in_chinese() -> None:
    """Subject and text as they were rendered; every attempt has the same Message-ID."""
    mailbox = Mailbox()
    async with a_server(mailbox) as port:
        notifier = a_notifier(port)
        assert "taken" in await notifier.send(MESSAGE)
        await notifier.send(MESSAGE)
    first, second = mailbox.mails
    assert first["Subject"] == MESSAGE.subject
    assert first["To"] == "chen@bureau.example"
    assert first["Message-ID"] == second["Message-ID"] == "<k-1@bureau.example>"
    assert first["Date"].datetime == NOON
    assert first.get_content_type() == "text/plain"
    assert first.get_content().replace("\r\n", "\n") == MESSAGE.text


@pytest.mark.parametrize("mailbox", [Mailbox(rcpt="550 no such user"), Mailbox(data="554 not wanted")])
async def test_email_that_is_refused_is_not_tried_again(mailbox: Mailbox) -> None:
    """A permanent answer, to the recipient or to the text."""
    async with a_server(mailbox) as port:
        with pytest.raises(ChannelRefusedError, match=r"55[04]"):
            await a_notifier(port).send(MESSAGE)


@pytest.mark.parametrize("mailbox", [Mailbox(rcpt="451 greylisted"), Mailbox(data="452 full")])
async def test_email_that_is_put_off_is_tried_again(mailbox: Mailbox) -> None:
    """A transient answer; it has not arrived."""
    async with a_server(mailbox) as port:
        with pytest.raises(ChannelUnavailableError) as caught:
            await a_notifier(port).send(MESSAGE)
    assert not caught.value.perhaps_delivered


async def test_email_needs_the_protection_it_was_told_to_use() -> None:
    """A server without STARTTLS gets nothing."""
    mailbox = Mailbox()
    async with a_server(mailbox) as port:
        with pytest.raises(ChannelUnavailableError):
            await a_notifier(port, security="starttls").send(MESSAGE)
    assert mailbox.mails == []


@asynccontextmanager
async def a_silent_server(greeting: bytes) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()

    async with listening(serve) as port:
        yield port


@pytest.mark.parametrize("greeting", [b"", b"220 here\r\n"])
async def test_email_to_a_server_that_says_nothing_ends(greeting: bytes) -> None:
    """The time-out is the notifier's own."""
    async with a_silent_server(greeting) as port:
        with pytest.raises(ChannelUnavailableError):
            await a_notifier(port, timeout_seconds=0.2).send(MESSAGE)


async def test_email_that_cannot_connect_has_not_arrived() -> None:
    """Nobody listens there."""
    async with a_silent_server(b"") as port:
        pass
    with pytest.raises(ChannelUnavailableError) as caught:
        await a_notifier(port).send(MESSAGE)
    assert not caught.value.perhaps_delivered
