"""The outbox against its table, in any order of events."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.errors import OutboxMoveError
from alerts.journal import MIGRATIONS, Journal
from alerts.notifications import MOVES, NotificationState, OutboxEvent
from tests.support.alerts_people import NOON, a_notification, an_entry

PEOPLE = ("chen", "lin", "wu")
PERSON = st.sampled_from(PEOPLE)


class OutboxMachine(RuleBasedStateMachine):
    """A model of three notifications beside the real tables."""

    @initialize()
    def queue(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.executescript("".join(MIGRATIONS))
        self.journal = Journal(self.connection)
        self.now = NOON
        entry = an_entry()
        said = {person: a_notification(entry, person=person) for person in PEOPLE}
        self.journal.record([entry], [], said.values(), NOON)
        self.keys = {person: one.key for person, one in said.items()}
        self.states = dict.fromkeys(PEOPLE, NotificationState.QUEUED)
        self.due = dict.fromkeys(PEOPLE, NOON)
        self.attempts = dict.fromkeys(PEOPLE, 0)
        self.uncertain = dict.fromkeys(PEOPLE, 0)

    @rule(seconds=st.integers(0, 30))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        waiting = [one for one in PEOPLE if self.states[one] is NotificationState.QUEUED and self.due[one] <= self.now]
        expected = sorted(waiting, key=lambda one: self.due[one])[:limit]
        assert [one.notification.person for one in self.journal.outbox.claim(self.now, limit)] == expected
        for one in expected:
            self._moves(one, OutboxEvent.ATTEMPT)
            self.attempts[one] += 1

    @rule(person=PERSON)
    def accept(self, person: str) -> None:
        if self._allowed(person, OutboxEvent.ACCEPT):
            self.journal.outbox.accepted(self.keys[person], self.now)
            self._moves(person, OutboxEvent.ACCEPT)
        else:
            self._refused(lambda: self.journal.outbox.accepted(self.keys[person], self.now))

    @rule(person=PERSON, seconds=st.integers(0, 20), perhaps=st.booleans())
    def retry(self, person: str, seconds: int, perhaps: bool) -> None:  # noqa: FBT001 - drawn
        next_at = self.now + timedelta(seconds=seconds)
        if self._allowed(person, OutboxEvent.RETRY):
            self.journal.outbox.failed(self.keys[person], next_at, "later", perhaps_delivered=perhaps)
            self._moves(person, OutboxEvent.RETRY)
            self.due[person] = next_at
            self.uncertain[person] += perhaps
        else:
            self._refused(lambda: self.journal.outbox.failed(self.keys[person], next_at, "later"))

    @rule(person=PERSON)
    def give_up(self, person: str) -> None:
        if self._allowed(person, OutboxEvent.GIVE_UP):
            self.journal.outbox.failed(self.keys[person], None, "never")
            self._moves(person, OutboxEvent.GIVE_UP)
        else:
            self._refused(lambda: self.journal.outbox.failed(self.keys[person], None, "never"))

    @rule(seconds=st.integers(0, 20))
    def hasten(self, seconds: int) -> None:
        horizon = self.now + timedelta(seconds=seconds)
        late = [one for one in PEOPLE if self.states[one] is NotificationState.QUEUED and self.due[one] > horizon]
        assert self.journal.outbox.hasten(self.now, horizon) == len(late)
        self.due |= dict.fromkeys(late, self.now)

    @rule()
    def service_dies_and_starts(self) -> None:
        sending = [one for one in PEOPLE if self.states[one] is NotificationState.SENDING]
        assert self.journal.outbox.interrupted() == len(sending)
        for one in sending:
            self._moves(one, OutboxEvent.INTERRUPT)
            self.uncertain[one] += 1

    @invariant()
    def rows_are_as_the_model(self) -> None:
        if not hasattr(self, "journal"):
            return
        (rows,) = self.journal.notifications(an_entry().warning.id).values()
        assert {one.notification.person: one.state for one in rows} == self.states
        assert {one.notification.person: one.attempts for one in rows} == self.attempts
        assert {one.notification.person: one.uncertain for one in rows} == self.uncertain
        waiting = [self.due[one] for one in PEOPLE if self.states[one] is NotificationState.QUEUED]
        assert self.journal.outbox.next_due() == min(waiting, default=None)

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()

    def _allowed(self, person: str, event: OutboxEvent) -> bool:
        return (self.states[person], event) in MOVES

    def _moves(self, person: str, event: OutboxEvent) -> None:
        self.states[person] = MOVES[self.states[person], event]

    @staticmethod
    def _refused(move: object) -> None:
        assert callable(move)
        try:
            move()
        except OutboxMoveError:
            return
        raise AssertionError("a move that the table does not have was made")


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
test_outbox_moves_as_its_table = OutboxMachine.TestCase
