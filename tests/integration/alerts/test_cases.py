"""Cases of outfalls in the journal: recorded with what else is pending, once, never changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from alerts.journal import Journal
from alerts.outfall.model import CaseEvent
from alerts.views import CaseView
from ingest.adapters.alerting import outfall_network
from ingest.configuration import Configuration
from tests.integration.alerts.test_runner import Room
from tests.support.alerts_people import open_state
from tests.support.bundles import bundled
from tests.support.district import CONFIG
from tests.support.outfalls import DAY, a_derivation, fed, hours, sent

HIGH = hours([{"cod": 51.0, "flow": 10.0}] * 25)


def test_journal_has_each_event_of_a_case_once_and_never_changes_it(tmp_path: Path) -> None:
    """What the log brings again is there already."""
    derivation = a_derivation()
    derivation.feed(bundled(HIGH), HIGH[-1].received_at)
    derivation.feed(bundled(sent(timedelta(hours=3), {"cod": 60.0}, period="1h")), DAY + timedelta(hours=26))
    cases = derivation.cases
    assert [case.event for case in cases] == [CaseEvent.OPENED, CaseEvent.REVISED]
    with closing(open_state(tmp_path / "state.db")) as connection:
        journal = Journal(connection)
        for _ in range(2):
            journal.record_cases(cases, DAY)
        assert journal.cases() == journal.cases(outfall="XL-1") == list(cases)
        assert journal.cases(outfall="XL-2") == []
        for change in ("UPDATE case_events SET hours = 1", "DELETE FROM case_events"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(change)


def test_journal_shows_each_case_once_as_it_stands(tmp_path: Path) -> None:
    """With when it was opened; the newest days first."""
    derivation = a_derivation()
    derivation.feed(bundled(HIGH), HIGH[-1].received_at)
    with closing(open_state(tmp_path / "state.db")) as connection:
        journal = Journal(connection)
        journal.record_cases(derivation.cases, DAY)
        derivation.feed(bundled(sent(timedelta(hours=3), {"cod": 60.0}, period="1h")), DAY + timedelta(hours=26))
        journal.record_cases(derivation.cases[1:], DAY + timedelta(hours=3))
        older = derivation.cases[0]._replace(day=date(2026, 3, 1), station="other")
        journal.record_cases([older], DAY + timedelta(hours=4))
        newest, oldest = journal.present_cases(limit=9)
        assert newest == CaseView(case=derivation.cases[1], opened_at=DAY, changed_at=DAY + timedelta(hours=3))
        assert (oldest.case, oldest.open) == (older, True)
        assert journal.present_cases(limit=1) == [newest]
        assert journal.present_cases(station="other", limit=9) == [oldest]


async def test_runner_journals_cases_with_the_next_commit(tmp_path: Path) -> None:
    """Pending until then, so that no checkpoint is ahead of the journal."""
    room = Room(tmp_path / "state.db")
    async with room.alerting:
        indices = room.alerting.derive(bundled(HIGH), HIGH[-1].received_at)
        assert {"cod_mean", "cod_of_limit", "cod_load"} == {one.parameter for one in indices}
        assert room.alerting.pending == 1
        await room.alerting.commit()
        assert room.alerting.pending == 0
        assert [case.outfall for case in room.journal.cases()] == ["XL-1"]
        assert [view.case.outfall for view in await room.alerting.cases(station="out")] == ["XL-1"]
        state = room.alerting.snapshot()
    again = Room(tmp_path / "again.db")
    async with again.alerting:
        again.alerting.restore(state)
        assert again.alerting.derive(bundled(HIGH[-2:]), HIGH[-1].received_at) == []


def test_past_read_back_opens_the_case_that_is_there_already() -> None:
    """Under the same id; figures of then come again as news to the rules."""
    live, late = a_derivation(), a_derivation()
    live.feed(bundled(HIGH), HIGH[-1].received_at)
    found = late.recall(["out"], HIGH, HIGH[-1].received_at)
    assert [case.event_id for case in late.cases] == [case.event_id for case in live.cases]
    assert ("cod_of_limit", "1d") in {(one.parameter, one.period) for one in found}
    late.settled(1)
    assert late.cases == ()


def test_shipped_outfalls_are_watched_by_their_permits_and_standard() -> None:
    """Total nitrogen is in no permit of ours: the standard's 15 mg/L hold."""
    configuration = Configuration.load(CONFIG)
    network = outfall_network(configuration.catalog, configuration.discharge)
    samples = hours([{"cod": 40.0, "tn": 16.0, "flow": 10.0}] * 25)
    _, [case] = fed(network, [replace(sample, station="out-01") for sample in samples])
    assert (case.parameter, case.basis, case.limit) == ("tn", "GB18918-2002 1A", 15_000_000)
    assert configuration.remarks == ()
