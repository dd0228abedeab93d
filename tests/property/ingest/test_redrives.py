"""Laws of quarantine and redrive, over the real walk and the real books: nothing lost, nothing twice, all balanced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.adapters.books import Books
from ingest.adapters.memory import MemoryStore
from ingest.adapters.quarantine import Quota
from ingest.catalog import Catalog
from ingest.flagged import Flagged, Refusal, decode, encode
from ingest.ledger import Entry, imbalances
from ingest.model import Delivery
from ingest.ports import StoredReading
from ingest.redrive import Selection
from ingest.walk import Walk
from tests.support.ingest import HOUR, NOW, a_catalog, a_parameter, a_payload, a_station

PARAMETERS = ("pm2_5", "o3", "soot", "ash")
STATIONS = ("air-1", "air-2", "air-3")
FIXABLE = {"unknown_station", "unknown_parameter", "store_refused"}
TOO_MUCH = 900.0  # the store refuses such values until it is mended

messages = st.tuples(
    st.sampled_from(STATIONS),
    st.lists(  # back-fill: several instants, perhaps the same one twice
        st.tuples(
            st.integers(-3, 3),
            st.dictionaries(st.sampled_from(PARAMETERS), st.sampled_from([None, 1.0, 2.0, TOO_MUCH]), min_size=1),
        ),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),  # torn: no redrive will ever mend it
)


def catalogue(*, whole: bool) -> Catalog:
    """Two stations of three parameters, and after the fix one more of each; `ash` stays unknown to `air-2`."""
    soot = {"soot": a_parameter(), "ash": a_parameter()}
    few = ("pm2_5", "o3", *(("soot",) if whole else ()))
    stations = [a_station(parameters=(*few, "ash") if whole else few), a_station(id="air-2", parameters=few)]
    if whole:
        stations.append(a_station(id="air-3", parameters=(*few, "ash")))
    return a_catalog(*stations, **soot)


def a_log(stream: Iterable[tuple[str, list[tuple[int, dict[str, float | None]]], bool]]) -> list[Delivery]:
    found = []
    for at, (station, moments, torn) in enumerate(stream, 1):
        readings = [
            {"station": station, "time": (NOW + hour * HOUR).isoformat(), "period": "instant", "values": values}
            for hour, values in moments
        ]
        payload = a_payload(station=None, time=None, period=None, values=None, readings=readings)
        topic = f"clearwarn/v1/air/{station}/reading"
        found.append(Delivery(topic, payload[:-1] if torn else payload, NOW + at * HOUR / 4, at))
    return found


class House:
    """Walk, store and books over a log, without the loops between them; any step may be done again."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.walk = Walk(catalog=catalogue(whole=False))
        self.store = MemoryStore()
        self.strict = True
        self.evaluated: list[tuple[Any, ...]] = []
        self.log: list[Delivery] = []
        self.outcomes: list[Flagged] = []

    def mended(self, *, checkpoint: bool) -> None:
        """The catalogue and the store are; the walk starts from a checkpoint, or walks its log with the new one."""
        state = self.walk.snapshot()
        self.walk = Walk(catalog=catalogue(whole=True))
        if checkpoint:
            self.walk.restore(state)
        else:
            for delivery in self.log:
                self.walk.take(delivery)
        self.strict = False

    async def take(self, deliveries: Sequence[Delivery], *, twice: bool) -> None:
        self.log += deliveries
        for delivery in deliveries:
            outcome = self.walk.take(delivery)
            self.evaluated += [reading[:6] for reading in outcome.readings]
            self.outcomes += decode(encode([outcome.flagged]))
        await self.books.receive(self.outcomes)
        for _ in range(2 if twice else 1):
            await self._store(self.outcomes[len(self.outcomes) - len(deliveries) :])

    async def _store(self, batch: Sequence[Flagged]) -> None:
        refused: dict[int, Sequence[Refusal]] = {}
        for item in batch:
            values = [value for _, _, group in item.groups for value in group]
            if self.strict and any(value[1] == TOO_MUCH for value in values):
                refused[item.position] = [("store_refused", "out of range", value[0], 1) for value in values]
            else:
                await self.store.write([item])
        by_position = {delivery.position: delivery for delivery in self.log}
        await self.books.settle(batch, by_position, refused)

    async def redrive(self, selection: Selection, *, twice: bool) -> None:
        after = 0
        until = self.log[-1].position if self.log else 0
        while page := await self.books.redrivable(selection, after=after, until=until, limit=2):
            after = page[-1].redrive.position
            start = self.log[-1].position + 1
            taken = [
                Delivery(topic, payload, NOW + 100 * HOUR, at, redrive)
                for at, (topic, payload, redrive) in enumerate(page, start)
                if payload is not None
            ]
            await self.take(taken, twice=twice)

    def points(self) -> Mapping[Any, StoredReading]:
        return {key: reading for key, (_, reading) in self.store._points.items()}


def last_words(log: Sequence[Delivery]) -> dict[Any, float | None]:
    """What stands for each point when a whole catalogue sees the log in its order."""
    walk, found = Walk(catalog=catalogue(whole=True)), {}
    for delivery in log:
        outcome = walk.take(delivery)
        for period, instant, values in outcome.flagged.groups:
            for parameter, value, _, _ in values:
                found[outcome.flagged.account, parameter, period, instant] = value
    return found


@settings(max_examples=150)
@given(
    stream=st.lists(messages, max_size=8),
    twice=st.booleans(),
    checkpoint=st.booleans(),
    reasons=st.permutations(sorted(FIXABLE)),
)
async def test_redrive_after_the_fix_leaves_what_a_right_catalogue_would_have(
    stream: list[tuple[str, list[tuple[int, dict[str, float | None]]], bool]],
    *,
    twice: bool,
    checkpoint: bool,
    reasons: list[str],
) -> None:
    """In whatever order of reasons, with steps repeated: the same points, each fate once, accounts balanced."""
    with TemporaryDirectory() as folder:
        async with Books(path=Path(folder) / "books.db") as books:
            house = House(books)
            first = a_log(stream)
            await house.take(first, twice=twice)
            before = books.totals
            house.mended(checkpoint=checkpoint)
            for reason in reasons:
                await house.redrive(Selection(reason=reason), twice=twice)
            await house.redrive(Selection(), twice=twice)
            entries, left = await books.entries(), await books.quarantined(limit=1000)
            done = (entries, [(entry.id, entry.reason) for entry in left], len(house.evaluated))
            assert books.totals == sum(entries.values(), Entry())
            assert books.totals.received == before.received
            assert imbalances(entries, ()) == []
            assert books.totals.quarantined == sum(entry.count for entry in left)
            assert {entry.reason for entry in left} <= {"broken_json", "unknown_parameter"}
            assert all(entry.parameter in {None, "ash"} for entry in left)
            values = {key: reading.value for key, reading in house.points().items()}
            assert values == last_words(first)
            usage = "SELECT station, entries, bytes FROM quarantine_usage WHERE entries"
            held = {station: (n, size) for station, n, size in books._books.execute(usage)}
            assert held == {
                station: (len(own), sum(entry.size for entry in own))
                for station in {entry.station for entry in left}
                if (own := [entry for entry in left if entry.station == station])
            }
            # Once more: nothing.
            await house.redrive(Selection(), twice=twice)
            assert (await books.entries(), [(e.id, e.reason) for e in await books.quarantined(limit=1000)]) == done[:2]
            assert len(house.evaluated) == done[2]
            assert {key: reading.value for key, reading in house.points().items()} == values


@settings(max_examples=80)
@given(stream=st.lists(messages, min_size=1, max_size=8), checkpoint=st.booleans(), data=st.data())
async def test_redrives_taken_up_twice_move_once(
    stream: list[tuple[str, list[tuple[int, dict[str, float | None]]], bool]], *, checkpoint: bool, data: st.DataObject
) -> None:
    """Two orders for the same entries before the store has followed: the second finds nothing left to move."""
    with TemporaryDirectory() as folder:
        async with Books(path=Path(folder) / "books.db") as books:
            house = House(books)
            await house.take(a_log(stream), twice=False)
            house.mended(checkpoint=checkpoint)
            page = await books.redrivable(Selection(), after=0, until=len(stream), limit=100)
            again = [*page, *data.draw(st.lists(st.sampled_from(page), max_size=4) if page else st.just([]))]
            taken = [
                Delivery(topic, payload, NOW + 100 * HOUR, at, redrive)
                for at, (topic, payload, redrive) in enumerate(again, len(stream) + 1)
                if payload is not None
            ]
            received = books.totals.received
            await house.take(taken, twice=data.draw(st.booleans()))
            assert imbalances(await books.entries(), ()) == []
            assert books.totals.received == received
            left = await books.quarantined(limit=1000)
            assert books.totals.quarantined == sum(entry.count for entry in left)


@settings(max_examples=60)
@given(
    flood=st.lists(
        st.tuples(
            st.sampled_from(["unknown_topic", "broken_json", "wrong_shape"]), st.integers(1, 5), st.integers(0, 9000)
        ),
        min_size=1,
        max_size=40,
    )
)
async def test_quarantine_of_one_account_stays_within_its_quota(flood: list[tuple[str, int, int]]) -> None:
    """Whole entries within the quota, and beyond it one excerpt a reason; the counts say how much there was."""
    quota = Quota(entries=5, bytes=20_000)
    with TemporaryDirectory() as folder:
        async with Books(path=Path(folder) / "books.db", quota=quota) as books:
            for position, (reason, count, size) in enumerate(flood, 1):
                refusals = [(reason, "x" * 9000, "p" * 9000, 1)] * count
                item = Flagged(position, "_unknown", "", 0, count, 0, (), (), refusals)
                delivery = Delivery("t" * 60_000, b"x" * size, NOW, position)
                await books.receive([item])
                await books.settle([item], {position: delivery}, {})
            found = await books.quarantined(limit=10_000)
            whole = [entry for entry in found if not entry.over_quota]
            beyond = [entry for entry in found if entry.over_quota]
            assert len(whole) <= quota.entries
            assert sum(len(entry.payload) for entry in whole) <= quota.bytes
            assert len(beyond) <= 3
            assert all(len(entry.payload) <= 4096 for entry in beyond)
            assert all(
                len(text) <= 512 for entry in found for text in (entry.topic, entry.detail, entry.parameter or "")
            )
            assert sum(entry.count for entry in found) == sum(count for _, count, _ in flood)
