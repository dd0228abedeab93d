"""Notifications: one message to one person over one channel, and the table of how it may move.

```
queued --attempt--> sending --accept--> accepted
  ^                   |  |
  +---- retry --------+  +--- give up -> failed
  +---- interrupt ----+   (a crash hid the outcome: repeated under the same key, counted uncertain)
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.model import Act


class Channel(StrEnum):
    """How a person is reached."""

    LOG = "log"
    EMAIL = "email"
    WEBHOOK = "webhook"


class Language(StrEnum):
    """What a person reads."""

    ZH = "zh"
    EN = "en"


class NotificationState(StrEnum):
    """Where a notification stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"  # by the channel; that a person has read it is the acknowledgement
    FAILED = "failed"


class OutboxEvent(StrEnum):
    """What can happen to a notification."""

    ATTEMPT = "attempt"
    ACCEPT = "accept"
    RETRY = "retry"
    GIVE_UP = "give_up"
    INTERRUPT = "interrupt"


# Every pair that is not here is an error: the outbox refuses it.
MOVES: Mapping[tuple[NotificationState, OutboxEvent], NotificationState] = {
    (NotificationState.QUEUED, OutboxEvent.ATTEMPT): NotificationState.SENDING,
    (NotificationState.SENDING, OutboxEvent.ACCEPT): NotificationState.ACCEPTED,
    (NotificationState.SENDING, OutboxEvent.RETRY): NotificationState.QUEUED,
    (NotificationState.SENDING, OutboxEvent.GIVE_UP): NotificationState.FAILED,
    (NotificationState.SENDING, OutboxEvent.INTERRUPT): NotificationState.QUEUED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is queued, in the words it will be sent in: a retry says what the first attempt said."""

    key: str
    warning: str
    act: str
    person: str
    channel: Channel
    language: Language
    subject: str
    text: str
    payload: Mapping[str, Any]  # the same for programs, JSON-able


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A notification as the outbox holds it."""

    notification: Notification
    state: NotificationState
    attempts: int
    uncertain: int  # attempts whose outcome is not known
    queued_at: datetime
    due_at: datetime
    attempted_at: datetime | None
    accepted_at: datetime | None
    detail: str


def act_id(act: Act) -> str:
    """Derived from what was done: the same act journalled again is the same row.

    What a rule did is known by its transition; the moment it was noticed differs when the log is replayed.
    """
    if act.transition is not None:
        return _digest(act.warning, act.kind, act.level, act.transition)
    return _digest(act.warning, act.kind, act.level, act.at.isoformat(), act.person or "-", act.reason)


def notification_key(*, warning: str, act: str, person: str, channel: Channel) -> str:
    """The idempotency key. One key told twice is a repeat; two keys for the same four would be a bug."""
    return _digest(warning, act, person, channel)


def _digest(*parts: str) -> str:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()[:24]
