"""What a channel is to the dispatcher. Notifiers implement it, know nothing of each other and never retry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alerts.notifications import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One attempt at one notification, ready to be handed over."""

    key: str  # the same for every attempt: the receiver's end may drop what it has
    warning: str
    person: str
    address: str  # where the channel leads; empty for the log
    language: Language
    subject: str  # one line
    text: str
    payload: Mapping[str, Any]
    attempted_at: datetime
    may_be_repeat: bool = False


class Notifier(Protocol):
    """Called by the dispatcher, for several messages at once; the same message may come again under its key."""

    async def send(self, message: Message) -> str:
        """Returns what the channel answered, once it has taken the message.

        Raises `ChannelUnavailableError` (not now) or `ChannelRefusedError` (not ever). Every wait in it ends by itself.
        """
        ...
