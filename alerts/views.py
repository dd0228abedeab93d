"""Warnings and cases as the console shows them: with place, history and the proof of who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.model import Act, Place, PollutionWarning
from alerts.outfall.model import Case, CaseEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """One message to one person over one channel, and how far it came."""

    person: str
    channel: str
    state: str
    attempts: int
    uncertain: bool  # an attempt's outcome is not known: the person may have been told twice
    queued_at: datetime
    accepted_at: datetime | None
    detail: str  # the newest answer or error of the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An open warning, and the ids of those who were told of it."""

    warning: PollutionWarning
    heard: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningView:
    """`acknowledged` is the acknowledgement that still holds, None where nobody answered yet."""

    warning: PollutionWarning
    place: Place | None
    rule_name: tuple[str, str]  # zh, en
    acts: tuple[Act, ...]
    acknowledged: Act | None
    notifications: tuple[NotificationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as its newest event has it; `opened_at` is when the first was recorded, `changed_at` when the newest."""

    case: Case
    opened_at: datetime
    changed_at: datetime

    @property
    def open(self) -> bool:
        """Whether its ground still stands; withdrawn, a person is to decide."""
        return self.case.event is not CaseEvent.WITHDRAWN
