"""The warning writer: follows the journal, whatever dies in between."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from alerts.chronicle import Event, Record
from alerts.entries import Entry
from alerts.journal import Journal
from alerts.journal.schema import MIGRATIONS
from alerts.model import Act, ActKind, Change, Level
from alerts.naming import Naming
from alerts.register import Register
from alerts.telling import Telling
from ingest.adapters.memory import MemoryStore
from ingest.errors import StoreUnavailableError
from ingest.points import Point
from ingest.warning_writer import WarningWriter
from tests.support.alerts_people import (
    NOON,
    FakeBook,
    a_transition,
    a_warning,
    an_act,
    an_entry,
    open_state,
    some_people,
)

SECOND = timedelta(seconds=1)


class Warned:
    """The alerting side over a real journal, without its thread."""

    unavailable: tuple[type[Exception], ...] = ()

    def __init__(self, file: Path) -> None:
        self.connection = open_state(file)
        self.journal = Journal(self.connection)
        naming = Naming(places={}, rules={}, parameters={}, console_url="http://console", zone=UTC)
        telling = Telling(people=some_people(), naming=naming)
        self.register = Register(book=FakeBook(), journal=self.journal, telling=telling)
        self.asked = 0

    async def unstored(self, limit: int) -> tuple[Sequence[Event], int]:
        self.asked += 1
        return self.register.unstored(limit)

    async def stored(self, upto: int) -> None:
        self.journal.stored(upto)

    async def subscribe(self) -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()


class Dying(MemoryStore):
    """Takes what it is given and does not live to say so."""

    dies = True

    async def write_points(self, points: Sequence[Point]) -> None:
        await super().write_points(points)
        if self.dies:
            raise StoreUnavailableError("gone")


class Waited(MemoryStore):
    """Says when something has come."""

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    async def write_points(self, points: Sequence[Point]) -> None:
        await super().write_points(points)
        self.written.set()


@pytest.fixture
def warned(tmp_path: Path) -> Warned:
    return Warned(tmp_path / "state.db")


def _acts(*kinds: ActKind, level: Level = Level.ORANGE) -> list[Act]:
    return [an_act(kind, at=NOON + n * SECOND, level=level) for n, kind in enumerate(kinds)]


def _rows(store: MemoryStore, record: Record) -> list[dict[str, object]]:
    found = [one for one in store.points.values() if ("record", record.value) in one.tags]
    return [dict(one.fields) for one in sorted(found, key=lambda one: one.at)]


async def _write(warned: Warned, store: MemoryStore) -> None:
    await WarningWriter(warned=warned, store=store).write()


async def test_warning_writer_says_how_the_warning_stood_after_each_act(warned: Warned) -> None:
    """State, whether open and unanswered; an upgrade makes an answer void."""
    acts = _acts(ActKind.PROPOSED, ActKind.ACKNOWLEDGED, ActKind.ISSUED)
    acts += [
        an_act(ActKind.UPGRADED, at=NOON + 3 * SECOND, level=Level.RED),
        an_act(ActKind.LIFTED, at=NOON + 4 * SECOND),
    ]
    for act in acts:
        warned.journal.record([Entry(warning=a_warning(), acts=(act,))], [], [], NOON)
    store = MemoryStore()
    await _write(warned, store)
    found = [
        (one["act"], one["state"], one["open"], one["unanswered"], one["rank"]) for one in _rows(store, Record.ACT)
    ]
    assert found == [
        ("proposed", "proposed", 1, 1, 3),
        ("acknowledged", "proposed", 1, 0, 3),
        ("issued", "issued", 1, 0, 3),
        ("upgraded", "issued", 1, 1, 4),
        ("lifted", "lifted", 0, 0, 3),
    ]
    assert _rows(store, Record.ACT)[1]["answered_after"] == 1.0


async def test_warning_writer_keeps_acts_of_one_moment_apart_and_in_order(warned: Warned) -> None:
    """A whole batch is noticed at one moment: the last of them must be the newest point."""
    for kind in (ActKind.ISSUED, ActKind.UPGRADED, ActKind.LIFTED):
        warned.journal.record([an_entry(kind, at=NOON)], [], [], NOON)
    other = a_warning(id="w-another", raised_at=NOON)
    warned.journal.record([an_entry(ActKind.ISSUED, warning=other, at=NOON)], [], [], NOON)
    store = MemoryStore()
    await _write(warned, store)
    assert [one["act"] for one in _rows(store, Record.ACT)] == ["issued", "upgraded", "lifted", "issued"]


async def test_warning_writer_that_dies_repeats_the_same_points(warned: Warned) -> None:
    """Killed after the store has taken them: written again, nothing more, nothing less, and then no more."""
    warned.journal.record([an_entry()], [a_transition()], [], NOON)
    store = Dying()
    await _write(warned, store)
    once = dict(store.points)
    store.dies = False
    await _write(warned, store)
    assert store.points == once
    assert len(once) == 2
    asked = warned.asked
    await _write(warned, store)
    assert warned.asked == asked + 1
    assert (await warned.unstored(9))[0] == []


async def test_warning_writer_tells_late_warnings_and_transitions_apart(warned: Warned) -> None:
    """A warning discovered late lies beside the open one; a rule's transition stands at its own instant."""
    late = a_transition(change=Change.DISCOVERED_LATE, at=NOON - timedelta(hours=9))
    cleared = a_transition(change=Change.CLEARED, level=None)
    found = Entry(
        warning=a_warning(id="w-late"),
        acts=(an_act(ActKind.LIFTED, warning="w-late", transition=late.id),),
        transition=late,
    )
    warned.journal.record([found], [late, cleared], [], NOON)
    store = MemoryStore()
    await _write(warned, store)
    assert [one["state"] for one in _rows(store, Record.LATE)] == ["lifted"]
    assert [(one["change"], one["rank"]) for one in _rows(store, Record.TRANSITION)] == [
        ("discovered_late", 0),
        ("cleared", 0),
    ]


async def test_warning_writer_takes_up_what_an_older_journal_holds(tmp_path: Path) -> None:
    """A journal from before there was such a table is written whole."""
    file = tmp_path / "state.db"
    with sqlite3.connect(file, isolation_level=None) as old:
        old.executescript(f"BEGIN; {MIGRATIONS[0]} PRAGMA user_version = 1; COMMIT;")
        Journal(old).record([an_entry()], [a_transition()], [], NOON)
    old.close()
    warned, store = Warned(file), MemoryStore()
    await _write(warned, store)
    assert len(store.points) == 2


async def test_warning_writer_writes_what_happens_while_it_runs(warned: Warned) -> None:
    """Woken by a change, it gathers for a moment and writes."""
    store = Waited()
    loop = asyncio.create_task(WarningWriter(warned=warned, store=store, gather=0.0).run())
    warned.journal.record([an_entry()], [], [], NOON)
    async with asyncio.timeout(5):
        await store.written.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert len(store.points) == 1
