"""What the store has from before, read back where a start lacks it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alerts.air.model import IndexValue
from ingest.adapters.memory import MemoryStore
from ingest.ledger import Entry
from ingest.ports import Owed
from tests.support.ingest import (
    HOUR,
    INDEXED,
    NOW,
    STATION,
    Listener,
    a_delivery,
    a_payload,
    an_index,
    an_outcome,
    indexed,
)
from tests.support.pipeline import AwayStore, Bench, hour

pytestmark = pytest.mark.usefixtures("impatient")


async def test_pipeline_new_folder_asks_the_store_for_the_past(tmp_path: Path) -> None:
    """A folder that is new, or was lost: what the store has is told to rules and memories, and was judged by nobody."""
    bench = Bench(tmp_path)
    await bench.store.write([an_outcome((NOW - HOUR, 7.0), (NOW - 2 * HOUR, 6.0))])
    async with bench.running():
        assert bench.listener.lacks_past
        await bench.warming().run()
        assert bench.listener.recalled == [([STATION], [6.0, 7.0], NOW, False)]
        assert bench.pipeline.owed is None
        now = bench.fleet.of(STATION)
        assert (now.last_instant, now.values["pm2_5"].value) == (NOW - HOUR, 7.0)
        again = a_payload(time=(NOW - 2 * HOUR).isoformat(), values={"pm2_5": 7.0})  # its hour ends an hour ago
        bench.source.say(a_delivery(payload=again))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.books.totals == Entry(received=1, duplicate=1)
    bench.listener = Listener()
    async with bench.running():
        assert not bench.listener.lacks_past


async def test_pipeline_intake_runs_while_the_store_is_away(tmp_path: Path) -> None:
    """The past is asked for until it comes; a restart meanwhile, even a kill, does not forget that it is lacking."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.listener.readings
    bench.listener = Listener()
    bench.clock.set(NOW + HOUR)
    async with bench.running():
        assert bench.pipeline.owed == Owed(until=NOW, judged=False)
        assert bench.listener.lacks_past
        await bench.store.write([an_outcome((NOW - HOUR, 7.0))])
        away = AwayStore(bench.store)
        warming = bench.warming(away)
        assert "0 of 1" in warming.said
        await warming.run()
        assert (away.asked, warming.said, bench.health.troubles) == (3, "", {})
        assert bench.listener.recalled == [([STATION], [1.0, 7.0], NOW, False)]


class Forgetful(Listener):
    """Cannot take what was before."""

    def recall(self, *_given: object, **_more: object) -> Sequence[IndexValue]:
        raise ZeroDivisionError


async def test_pipeline_goes_on_where_rules_cannot_take_the_past(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours: what comes is judged all the same, and a start does not end by it again and again."""
    bench = Bench(tmp_path)
    async with bench.running():
        pass
    bench.listener = Forgetful()
    bench.clock.set(NOW + HOUR)
    async with bench.running():
        await bench.store.write([an_outcome((NOW - HOUR, 7.0))])
        warming = bench.warming()
        assert "0 of 1" in warming.said
        await warming.run()
        assert not warming.said
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.listener.readings
    assert f"rules could not take the past of {STATION}" in caplog.text


async def test_pipeline_log_without_its_beginning_tells_nothing_again(tmp_path: Path) -> None:
    """Walked without the past, what was judged before is heard and not told; what had not been judged is."""
    bench = Bench(tmp_path, segment=2)
    async with bench.running():
        bench.pipeline.recalled()
        for n in range(4):
            bench.source.say(hour(n))
            await bench.source.has_settled(n + 1)
            await bench.queue_empty()
        await bench.done()
        judged = bench.log.last_flagged
        later = await bench.log.append([hour(5)], ())
    (tmp_path / "checkpoint.json").unlink()
    first, *_ = sorted((tmp_path / "intake").glob("*"))
    for path in (tmp_path / "intake").glob(f"{first.stem}*"):
        path.unlink()
    bench.listener = Listener()
    async with bench.running():
        assert (judged, later[0].position) == (4, 5)
        assert bench.pipeline.owed == Owed(until=NOW, judged=True)
        assert [reading.value for reading in bench.listener.readings] == [2.0, 3.0, 5.0]
        assert (bench.listener.hushed, bench.listener.journalled) == (2, 1)
        await bench.warming().run()
        ((_, past, _, was_judged),) = bench.listener.recalled
        assert (past, was_judged) == ([0.0, 1.0, 2.0, 3.0], True)


async def test_indices_of_the_past_reach_the_store_with_the_next_delivery(tmp_path: Path) -> None:
    """What is read back at a start brings forth indices of what was heard since."""
    bench = Bench(tmp_path)
    past = MemoryStore()
    await past.write([an_outcome((NOW - HOUR, 66.0), parameter=INDEXED)])
    async with bench.running():
        await bench.warming(past).run()
        assert list(await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)) == []
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert [index.value for index in await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)] == [66.0]


async def test_hours_worked_out_are_read_back_in_place_of_their_minutes(tmp_path: Path) -> None:
    """Of what is finer than an hour only the newest are; a device's own hour of before is no duplicate then."""
    bench, past = Bench(tmp_path), MemoryStore()
    finer = an_outcome((NOW - HOUR, 2.0))
    await past.write(
        [
            finer._replace(groups=[("5m", *group[1:]) for group in finer.groups]),
            indexed(an_index(35.2, parameter="pm2_5", instant=NOW - 2 * HOUR), position=2),
        ]
    )
    async with bench.running():
        await bench.warming(past).run()
        ((stations, values, *_),) = bench.listener.recalled
        assert (stations, sorted(value or 0.0 for value in values)) == ([STATION], [2.0, 35.2])
        start = (NOW - 3 * HOUR).isoformat()
        bench.source.say(a_delivery(time=start, values={"pm2_5": 35.2}))
        await bench.source.has_settled(1)
        await bench.done()
        assert [reading.value for reading in bench.listener.readings] == [35.2]
