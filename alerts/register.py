"""The register: transitions and people's acts entered into book and journal in step.

Synchronous, on the runner's worker thread, where nothing can cancel it half-way. The book is never ahead of the
journal: where the journal fails, the book is put back to what it held.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from alerts.chronicle import Event, of_acts, of_transitions
from alerts.entries import Entry
from alerts.errors import NotAllowedError, UnknownPersonError
from alerts.journal import Journal
from alerts.lifecycle import acknowledged
from alerts.model import ActKind, PollutionWarning, Transition
from alerts.notifications import Notification, Queued
from alerts.telling import Telling
from alerts.views import NotificationView, Standing, WarningView

logger = logging.getLogger(__name__)


class Book(Protocol):
    """What the register needs of `alerts.book.Book`."""

    def load(self, open_warnings: Sequence[PollutionWarning], /) -> None:
        """Replaces whatever it held."""
        ...

    def apply(self, transition: Transition, /) -> Entry | None: ...

    def act(
        self, warning: PollutionWarning, kind: ActKind, /, *, person: str, at: datetime, reason: str = ""
    ) -> Entry: ...

    @property
    def open_warnings(self) -> Mapping[tuple[str, str], PollutionWarning]: ...


class Register:
    """Takes an open journal; `telling` says what a step gives to send."""

    def __init__(self, *, book: Book, journal: Journal, telling: Telling) -> None:
        self._book = book
        self._journal = journal
        self._telling = telling

    def rearrange(self, book: Book, telling: Telling, permit: Callable[[Sequence[Standing]], None]) -> None:
        """Goes on by another configuration, if `permit` does not raise at what stands. Raises `JournalError`."""
        standing = self._journal.standing()
        permit(standing)
        book.load([one.warning for one in standing])
        self._book, self._telling = book, telling

    def open(self) -> None:
        """Loads the open warnings into the book. Raises `JournalError`."""
        self._book.load(self._journal.open_warnings())

    def enter(self, transitions: Sequence[Transition], now: datetime) -> int:
        """Enters those that are new, in order; returns how many. Raises `JournalError` and changes nothing then."""
        known = self._journal.known([transition.id for transition in transitions])
        new = {transition.id: transition for transition in transitions if transition.id not in known}
        if new:
            with self._in_step():
                entries = [entry for transition in new.values() if (entry := self._applied(transition)) is not None]
                self._journal.record(entries, new.values(), self._notifications(entries), now)
        return len(new)

    def act(self, warning_id: str, kind: ActKind, *, person: str, at: datetime, reason: str) -> PollutionWarning:
        """A person's step. Raises `UnknownWarningError`, `NotAllowedError`, `JournalError`; changes nothing then."""
        if person not in {id_ for id_, _, _ in self._telling.people.persons}:
            raise UnknownPersonError(person)
        warning = self._journal.warning(warning_id)
        if kind is ActKind.ACKNOWLEDGED and self._has_acknowledged(warning, person):
            return warning  # said twice is said once
        with self._in_step():
            entry = self._book.act(warning, kind, person=person, at=at, reason=reason)
            self._journal.record([entry], [], self._notifications([entry]), at)
        return entry.warning

    def _has_acknowledged(self, warning: PollutionWarning, person: str) -> bool:
        """Whether that person's own acknowledgement is still in force."""
        acts = self._journal.acts(warning.id)[warning.id]
        return acknowledged(warning, [act for act in acts if act.person in {None, person}]) is not None

    def views(self, *, open_only: bool, limit: int, before: str | None = None) -> list[WarningView]:
        """Newest first."""
        return self._views(self._journal.warnings(open_only=open_only, limit=limit, before=before))

    def unstored(self, limit: int) -> tuple[list[Event], int]:
        """The oldest events the store has not got, and the number for `Journal.stored`. Raises `JournalError`."""
        left, naming = self._journal.unstored(limit), self._telling.naming
        of_warnings = [
            event
            for warning, done, wanted in left.chapters
            for number, event in enumerate(of_acts(warning, done, naming))
            if number in wanted
        ]
        return [*of_warnings, *of_transitions(left.turned, naming.places)], left.upto

    def view(self, warning_id: str) -> WarningView:
        """Raises `UnknownWarningError`."""
        return self._views([self._journal.warning(warning_id)])[0]

    @contextmanager
    def _in_step(self) -> Iterator[None]:
        before = tuple(self._book.open_warnings.values())
        try:
            yield
        except BaseException:
            self._book.load(before)
            raise

    def _applied(self, transition: Transition) -> Entry | None:
        try:
            return self._book.apply(transition)
        except NotAllowedError:
            # It is recorded all the same; refusing it would keep every later transition from being entered.
            logger.exception("transition %s of %s does not fit the book", transition.id, transition.rule)
            return None

    def _notifications(self, entries: Sequence[Entry]) -> list[Notification]:
        told = self._journal.told(*{entry.warning.id for entry in entries})
        return self._telling.notifications(entries, told)

    def _views(self, warnings: Sequence[PollutionWarning]) -> list[WarningView]:
        ids = [warning.id for warning in warnings]
        acts, told = self._journal.acts(*ids), self._journal.notifications(*ids)
        return [
            WarningView(
                warning=warning,
                place=self._telling.naming.place(warning),
                rule_name=self._telling.naming.rule(warning),
                acts=tuple(acts[warning.id]),
                acknowledged=acknowledged(warning, acts[warning.id]),
                notifications=tuple(_notification_view(one) for one in told[warning.id]),
            )
            for warning in warnings
        ]


def _notification_view(one: Queued) -> NotificationView:
    return NotificationView(
        person=one.notification.person,
        channel=one.notification.channel.value,
        state=one.state.value,
        attempts=one.attempts,
        uncertain=one.uncertain > 0,
        queued_at=one.queued_at,
        accepted_at=one.accepted_at,
        detail=one.detail,
    )
