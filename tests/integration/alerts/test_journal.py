"""The journal on a real file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.errors import JournalError, UnknownWarningError
from alerts.journal import Journal
from alerts.model import ActKind, Change, Level, WarningState
from alerts.notifications import Channel, NotificationState
from tests.support.alerts_people import NOON, FakeBook, a_notification, a_transition, a_warning, an_entry, open_state


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_state(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def journal(connection: sqlite3.Connection) -> Journal:
    return Journal(connection)


def test_journal_gives_back_what_was_recorded(journal: Journal) -> None:
    """Warning, evidence, acts and notification come back as they went in."""
    transition = a_transition()
    entry = FakeBook().apply(transition)
    assert entry is not None
    said = a_notification(entry, channel=Channel.EMAIL)
    journal.record([entry], [transition], [said], NOON)
    assert journal.warning(entry.warning.id) == entry.warning
    assert journal.acts(entry.warning.id) == {entry.warning.id: list(entry.acts)}
    (queued,) = journal.notifications(entry.warning.id)[entry.warning.id]
    assert queued.notification == said
    assert (queued.state, queued.attempts, queued.queued_at) == (NotificationState.QUEUED, 0, NOON)
    assert journal.told(entry.warning.id) == {entry.warning.id: {said.key: "chen"}}


def test_journal_records_the_same_step_once(journal: Journal) -> None:
    """Replaying what is there changes nothing: no act, no notification more."""
    transition = a_transition()
    entry = FakeBook().apply(transition)
    assert entry is not None
    said = a_notification(entry)
    for _ in range(2):
        journal.record([entry], [transition], [said], NOON)
        journal.outbox.claim(NOON, 5)
    of = entry.warning.id
    assert len(journal.acts(of)[of]) == len(journal.notifications(of)[of]) == 1
    assert journal.outbox.counts()["sending"] == 1


def test_journal_knows_only_recorded_transitions(journal: Journal) -> None:
    """Known is what is on disk."""
    first, second = a_transition(), a_transition(change=Change.UPGRADED)
    journal.record([], [first], [], NOON)
    assert journal.known([first.id, second.id]) == {first.id}
    assert journal.known([]) == set()


def test_journal_records_all_or_nothing(journal: Journal) -> None:
    """A step that fails in its last row leaves nothing of its first."""
    entry, transition = an_entry(), a_transition()
    foreign = replace(a_notification(entry), act="no such act")
    with pytest.raises(JournalError):
        journal.record([entry], [transition], [foreign], NOON)
    assert journal.known([transition.id]) == set()
    assert journal.warnings() == []
    journal.record([entry], [transition], [a_notification(entry)], NOON)
    assert journal.warnings() == [entry.warning]


def test_journal_survives_being_killed(tmp_path: Path) -> None:
    """What was recorded is there after a reopen; what was under way when the process died is not."""
    file = tmp_path / "state.db"
    first = open_state(file)
    Journal(first).record([an_entry()], [a_transition()], [], NOON)
    first.execute("BEGIN IMMEDIATE")
    first.execute("DELETE FROM transitions")
    first.close()  # as a killed process: without COMMIT
    again = open_state(file)
    assert Journal(again).known([a_transition().id]) == {a_transition().id}
    assert Journal(again).open_warnings() == [a_warning()]
    again.close()


@pytest.mark.parametrize("statement", ["UPDATE acts SET person = 'other'", "DELETE FROM acts"])
def test_journal_acts_are_append_only(connection: sqlite3.Connection, journal: Journal, statement: str) -> None:
    """The database itself refuses to change history."""
    journal.record([an_entry()], [], [], NOON)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


def test_journal_pages_newest_first(journal: Journal) -> None:
    """A page goes on where the one before ended, also among warnings of the same moment."""
    at = [NOON, NOON, NOON + timedelta(hours=1), NOON - timedelta(hours=1)]
    for number, raised in enumerate(at):
        warning = a_warning(id=f"w-{number}", subject=f"su-{number}", raised_at=raised)
        journal.record([an_entry(warning=warning)], [], [], NOON)
    first = [one.id for one in journal.warnings(limit=2)]
    rest = [one.id for one in journal.warnings(limit=9, before=first[-1])]
    assert (first, rest) == (["w-2", "w-1"], ["w-0", "w-3"])


def test_journal_open_warnings_leave_out_what_is_over(journal: Journal) -> None:
    """Open is proposed or issued; a warning's row takes its newest state."""
    journal.record([an_entry()], [], [], NOON)
    assert journal.open_warnings() == [a_warning()]
    lifted = a_warning(state=WarningState.LIFTED, lifted_at=NOON)
    journal.record([an_entry(ActKind.LIFTED, warning=lifted)], [], [], NOON)
    assert journal.open_warnings() == []
    assert journal.warnings() == [lifted]


def test_journal_keeps_doubtful_evidence(journal: Journal) -> None:
    """A value that JSON has no word for comes back as none; the rest of the evidence is kept."""
    evidence = a_transition().evidence
    odd = replace(evidence, samples=(replace(evidence.samples[0], value=float("nan"), received_at=None),))
    journal.record([an_entry(warning=a_warning(evidence=odd))], [], [], NOON)
    (sample,) = journal.warning(a_warning().id).evidence.samples
    assert (sample.value, sample.received_at, sample.instant) == (None, None, NOON)


def test_journal_says_that_a_warning_is_unknown(journal: Journal) -> None:
    """Not an empty answer."""
    with pytest.raises(UnknownWarningError):
        journal.warning("w-nothing")


def test_outbox_fails_a_row_it_cannot_read(connection: sqlite3.Connection, journal: Journal) -> None:
    """One bad row does not stand in the way of the next."""
    entry = an_entry()
    bad, good = a_notification(entry, person="bad"), a_notification(entry, person="good")
    journal.record([entry], [], [bad, good], NOON)
    connection.execute("UPDATE notifications SET payload = '{' WHERE person = 'bad'")
    assert [one.notification.person for one in journal.outbox.claim(NOON, 5)] == ["good"]
    assert journal.outbox.counts() == {"queued": 0, "sending": 1, "accepted": 0, "failed": 1, "uncertain": 0}


def test_outbox_does_not_offer_what_is_not_due(journal: Journal) -> None:
    """A retry waits for its time."""
    entry = an_entry()
    journal.record([entry], [], [a_notification(entry)], NOON)
    (one,) = journal.outbox.claim(NOON, 5)
    later = NOON + timedelta(seconds=10)
    journal.outbox.failed(one.notification.key, later, "busy")
    assert journal.outbox.next_due() == later
    assert journal.outbox.claim(later - timedelta(microseconds=1), 5) == []
    (again,) = journal.outbox.claim(later, 5)
    assert (again.attempts, again.detail) == (1, "busy")
    assert journal.outbox.next_due() is None


def test_warning_levels_survive_the_journal(journal: Journal) -> None:
    """The highest level is kept beside the present one."""
    warning = a_warning(level=Level.BLUE, highest=Level.RED, drill=True, lift_due=True, basis_withdrawn=True)
    journal.record([an_entry(warning=warning)], [], [], NOON)
    assert journal.warning(warning.id) == warning
