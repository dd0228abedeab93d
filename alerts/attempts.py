"""One attempt at one message, and what can come of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from alerts.errors import ChannelRefusedError, ChannelUnavailableError
from alerts.notify.channel import Message, Notifier


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel took it."""

    detail: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now. It may have arrived all the same where `perhaps_delivered`."""

    detail: str
    retry_after: timedelta | None
    perhaps_delivered: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Not ever."""

    detail: str


Outcome = Accepted | Postponed | Refused


async def attempt(notifier: Notifier, message: Message, *, seconds: float) -> Outcome:
    """Ends within `seconds`, whatever the notifier does. Raises nothing but `CancelledError`."""
    try:
        async with asyncio.timeout(seconds):
            return Accepted(await notifier.send(message))
    except ChannelUnavailableError as error:
        return Postponed(str(error), error.retry_after, error.perhaps_delivered)
    except ChannelRefusedError as error:
        return Refused(str(error))
    except TimeoutError:
        return Postponed(f"no answer within {seconds:g} s", None, perhaps_delivered=True)
    except Exception as error:  # noqa: BLE001 - a broken notifier must not take the others' messages with it
        return Postponed(f"{type(error).__name__}: {error}", None, perhaps_delivered=True)
