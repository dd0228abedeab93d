"""Alerting as a whole: a made-up engine and book, a real journal, a clock that is set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from alerts.errors import JournalError, NotAllowedError, UnknownPersonError, UnknownWarningError
from alerts.journal import Journal
from alerts.model import ActKind, Change, Level, Transition, WarningState
from alerts.notifications import Channel
from alerts.people import People
from alerts.runner import Alerting
from tests.support.alerts_people import (
    NOON,
    FakeBook,
    FakeEngine,
    FakeNotifier,
    ManualClock,
    a_place,
    a_receiver,
    a_transition,
    open_state,
    some_people,
)
from tests.support.outfalls import a_derivation

RAISED = a_transition()
UPGRADED = a_transition(change=Change.UPGRADED, level=Level.RED, at=NOON + timedelta(hours=1))
CLEARED = a_transition(change=Change.CLEARED, level=None, at=NOON + timedelta(hours=2))


class Room:
    """Alerting with everything around it, and a disk that can be full."""

    def __init__(self, file: Path, people: People | None = None) -> None:
        self.connection = open_state(file)
        self.journal = Journal(self.connection)
        self.engine = FakeEngine()
        self.book = FakeBook()
        self.clock = ManualClock()
        self.log = FakeNotifier()
        self.alerting = Alerting(
            engine=self.engine,
            derivation=a_derivation(),
            book=self.book,
            journal=self.journal,
            people=people or some_people(a_receiver("chen")),
            notifiers={Channel.LOG: self.log},
            clock=self.clock,
            console_url="http://127.0.0.1:8080/",
            places={"su-01": a_place()},
            rule_names={"water-nh3_n": ("氨氮", "Ammonia")},
            parameters={},
            random=lambda: 0.0,
        )

    def find(self, *transitions: Transition) -> None:
        self.engine.found = list(transitions)
        self.alerting.feed([], self.clock.now())

    def disk_full(self, full: bool) -> None:  # noqa: FBT001 - on or off
        self.connection.execute(f"PRAGMA query_only = {'ON' if full else 'OFF'}")


@asynccontextmanager
async def opened(file: Path, people: People | None = None) -> AsyncIterator[Room]:
    room = Room(file, people)
    async with room.alerting:
        yield room
    room.connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


async def test_commit_journals_and_tells(file: Path) -> None:
    """From a transition to a person, with a link to the page."""
    async with opened(file) as room:
        room.find(RAISED)
        assert room.alerting.pending == 1
        await room.alerting.commit()
        assert room.alerting.pending == 0
        assert await room.alerting.drain(5) == 0
        (message,) = room.log.messages
        assert message.subject == "Orange water-source warning issued: Upstream 1 (su-01)"
        (view,) = await room.alerting.warnings(open_only=True)
        assert f"http://127.0.0.1:8080/warnings/{view.warning.id}" in message.text
        assert (view.place, view.rule_name) == (a_place(), ("氨氮", "Ammonia"))
        assert [(told.person, told.channel, told.state) for told in view.notifications] == [("chen", "log", "accepted")]


async def test_commit_again_after_a_replay_changes_nothing(file: Path) -> None:
    """Killed after the commit: the log is replayed, the same transitions come, nobody is told twice."""
    async with opened(file) as room:
        room.find(RAISED, UPGRADED)
        await room.alerting.commit()
        await room.alerting.drain(5)
        before = await room.alerting.warnings()
    async with opened(file) as room:
        room.find(RAISED, UPGRADED)
        await room.alerting.commit()
        assert await room.alerting.drain(5) == 0
        assert room.log.messages == []
        assert room.book.applied == []
        assert await room.alerting.warnings() == before


async def test_commit_after_a_replay_enters_only_what_is_new(file: Path) -> None:
    """Killed between two commits: the first is known, the second is applied to the warning it left."""
    async with opened(file) as room:
        room.find(RAISED)
        await room.alerting.commit()
    async with opened(file) as room:
        room.find(RAISED, UPGRADED, CLEARED)
        await room.alerting.commit()
        assert room.book.applied == [UPGRADED.id, CLEARED.id]
        (view,) = await room.alerting.warnings()
        assert [act.kind for act in view.acts] == [ActKind.ISSUED, ActKind.UPGRADED, ActKind.LIFTED]
        assert view.warning.state is WarningState.LIFTED


async def test_commit_of_the_same_transition_twice_in_a_batch_enters_it_once(file: Path) -> None:
    """A refold may announce what is already pending."""
    async with opened(file) as room:
        room.find(RAISED, RAISED)
        await room.alerting.commit()
        assert room.book.applied == [RAISED.id]


async def test_commit_on_a_full_disk_leaves_everything_pending(file: Path) -> None:
    """The book is not ahead of the journal; once there is room, all is entered in order and told once."""
    async with opened(file) as room:
        room.find(RAISED)
        room.disk_full(full=True)
        for _ in range(2):
            with pytest.raises(JournalError):
                await room.alerting.commit()
            assert room.alerting.pending == 1
            assert room.book.open_warnings == {}
        room.find(UPGRADED)
        room.disk_full(full=False)
        await room.alerting.commit()
        assert room.alerting.pending == 0
        (warning,) = room.book.open_warnings.values()
        assert warning == room.journal.warning(warning.id)
        assert warning.level is Level.RED
        await room.alerting.drain(5)
        assert len(room.log.messages) == 2


async def test_commit_that_is_cancelled_loses_nothing(file: Path) -> None:
    """Whether the step was done or not, the next commit leaves the same."""
    async with opened(file) as room:
        room.find(RAISED)
        cancelled = asyncio.create_task(room.alerting.commit())
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        await room.alerting.commit()
        assert room.alerting.pending == 0
        await room.alerting.drain(5)
        assert len(room.log.messages) == 1


async def test_commit_goes_on_past_a_transition_that_does_not_fit(file: Path) -> None:
    """It is recorded and said aloud; the ones after it are entered."""
    async with opened(file) as room:
        room.find(UPGRADED, RAISED)
        await room.alerting.commit()
        assert len(room.book.open_warnings) == 1
        assert room.journal.known([UPGRADED.id, RAISED.id]) == {UPGRADED.id, RAISED.id}


async def test_lifting_is_told_to_those_who_were_told(file: Path) -> None:
    """Whatever their filters say now, and nobody else."""
    people = some_people(
        a_receiver("chen", told={"acts": ["issued"]}),
        a_receiver("wu", told={"types": ["device"]}),
    )
    async with opened(file, people) as room:
        room.find(RAISED)
        await room.alerting.commit()
        room.find(CLEARED)
        await room.alerting.commit()
        await room.alerting.drain(5)
        assert [(message.person, message.subject.split(":")[0]) for message in room.log.messages] == [
            ("chen", "Orange water-source warning issued"),
            ("chen", "Orange water-source warning lifted"),
        ]


async def test_acknowledge_is_a_record_and_tells_nobody(file: Path) -> None:
    """Person and reason are kept; an upgrade makes it void."""
    async with opened(file) as room:
        room.find(RAISED)
        await room.alerting.commit()
        (view,) = await room.alerting.warnings()
        await room.alerting.acknowledge(view.warning.id, person="chen", reason=" on my way ")
        seen = await room.alerting.warning(view.warning.id)
        assert seen.acknowledged is not None
        assert (seen.acknowledged.person, seen.acknowledged.reason) == ("chen", "on my way")
        assert len(seen.notifications) == 1
        room.find(UPGRADED)
        await room.alerting.commit()
        assert (await room.alerting.warning(view.warning.id)).acknowledged is None


async def test_lift_by_a_person_is_told(file: Path) -> None:
    """Those who heard of the warning hear who ended it."""
    async with opened(file) as room:
        room.find(RAISED)
        await room.alerting.commit()
        (view,) = await room.alerting.warnings()
        lifted = await room.alerting.lift(view.warning.id, person="chen", reason="checked on site")
        assert lifted.state is WarningState.LIFTED
        await room.alerting.drain(5)
        assert "By: Chen\nReason: checked on site" in room.log.messages[-1].text
        with pytest.raises(NotAllowedError):
            await room.alerting.lift(view.warning.id, person="chen")


async def test_acts_need_a_known_person_and_a_known_warning(file: Path) -> None:
    """An official act has somebody who did it."""
    async with opened(file) as room:
        room.find(RAISED)
        await room.alerting.commit()
        (view,) = await room.alerting.warnings()
        with pytest.raises(UnknownPersonError):
            await room.alerting.acknowledge(view.warning.id, person="nobody")
        with pytest.raises(UnknownWarningError):
            await room.alerting.issue("w-nothing", person="chen")


async def test_acts_that_the_life_of_a_warning_does_not_have_are_refused(file: Path) -> None:
    """The book decides; nothing is journalled and nobody told."""
    async with opened(file) as room:
        room.find(RAISED, CLEARED)
        await room.alerting.commit()
        (before,) = await room.alerting.warnings()
        for act in (room.alerting.issue, room.alerting.dismiss):
            with pytest.raises(NotAllowedError):
                await act(before.warning.id, person="chen")
        assert await room.alerting.warnings() == [before]


async def test_engine_state_passes_through(file: Path) -> None:
    """For the checkpoint and the start from it."""
    async with opened(file) as room:
        room.alerting.restore({"deadlines": 3})
        assert room.engine.restored == {"deadlines": 3}
        found, expected = room.alerting.snapshot(), {"deadlines": 0, **a_derivation().snapshot()}
        assert orjson.dumps(found, default=tuple) == orjson.dumps(expected, default=tuple)


async def test_alerting_that_cannot_read_its_journal_does_not_open(file: Path) -> None:
    """No service without its memory."""
    room = Room(file)
    room.connection.execute("DROP TABLE notifications")
    with pytest.raises(JournalError):
        async with room.alerting:
            pass
    room.connection.close()


async def test_notification_counts_are_those_of_the_outbox(file: Path) -> None:
    """By state."""
    async with opened(file) as room:
        room.find(RAISED)
        await room.alerting.commit()
        assert (await room.alerting.notification_counts())["queued"] == 1


async def test_act_on_a_full_disk_changes_nothing(file: Path) -> None:
    """The book stays where the journal is."""
    async with opened(file) as room:
        room.find(RAISED)
        await room.alerting.commit()
        before = dict(room.book.open_warnings)
        (warning,) = before.values()
        room.disk_full(full=True)
        with pytest.raises(JournalError):
            await room.alerting.lift(warning.id, person="chen")
        assert room.book.open_warnings == before


async def test_subscribers_hear_of_commits_and_acts(file: Path) -> None:
    """A growing number each time; leaving ends them."""
    async with opened(file) as room:
        listening = room.alerting.subscribe()
        room.find(RAISED)
        await room.alerting.commit()
        first = await anext(listening)
        (view,) = await room.alerting.warnings()
        await room.alerting.acknowledge(view.warning.id, person="chen")
        assert await anext(listening) > first
    assert [revision async for revision in listening] == []


async def test_a_rule_that_fails_is_in_the_log_and_stops_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What else was found is journalled."""
    async with opened(file) as room:
        room.engine.failing = [("su-01", "nh3_n", ZeroDivisionError("ours"))]
        room.engine.found = [RAISED]
        room.alerting.feed([], NOON)
        await room.alerting.commit()
        assert room.journal.known([RAISED.id]) == {RAISED.id}
    assert "rules could not take nh3_n of su-01" in caplog.text
    assert "ZeroDivisionError: ours" in caplog.text


async def test_replayed_time_tells_only_the_log(file: Path) -> None:
    """Mail is not even queued."""
    both = some_people(a_receiver(channels={"log": {}, "email": {"address": "chen@bureau.example"}}))
    async with opened(file, both) as room:
        room.alerting = Alerting(
            engine=room.engine,
            derivation=a_derivation(),
            book=room.book,
            journal=room.journal,
            people=both,
            notifiers={Channel.LOG: room.log},
            clock=room.clock,
            console_url="http://127.0.0.1:8080",
            places={},
            rule_names={},
            parameters={},
            only_channels=frozenset({Channel.LOG}),
        )
        async with room.alerting:
            room.find(RAISED)
            await room.alerting.commit()
            (view,) = await room.alerting.warnings()
            assert [told.channel for told in view.notifications] == ["log"]
            assert view.rule_name == ("water-nh3_n", "water-nh3_n")
