"""Ledger and quarantine: once for each position, and within the quota."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from ingest.adapters.books import Books
from ingest.adapters.quarantine import EXCERPT, Quota
from ingest.errors import LogUnavailableError
from ingest.flagged import Flagged
from ingest.ledger import Entry
from ingest.model import Delivery
from tests.support.ingest import NOW, STATION, TOPIC, an_outcome


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    async with Books(path=tmp_path / "books.db", quota=Quota(entries=2, bytes=20_000)) as opened:
        yield opened


def refused(position: int, reason: str = "broken_json", *, account: str = STATION, count: int = 1) -> Flagged:
    """An outcome of which nothing but a refusal is left."""
    refusals = [(reason, "why", None, count)]
    return an_outcome(position=position, account=account, groups=[], received=count, refusals=refusals)


def payloads(batch: Sequence[Flagged], payload: bytes) -> dict[int, Delivery]:
    return {item.position: Delivery(TOPIC, payload, NOW, item.position) for item in batch}


async def settle(books: Books, *batch: Flagged, payload: bytes = b"{") -> None:
    await books.receive(batch)
    await books.settle(batch, payloads(batch, payload), {})


async def test_books_book_each_position_once(books: Books) -> None:
    """However often they are told, and in whatever pieces."""
    batch = [an_outcome(position=1), refused(2), an_outcome(position=3)]
    await books.receive(batch[:2])
    for _ in range(2):
        await settle(books, *batch)
        await settle(books, batch[1])
    assert sum((await books.entries()).values(), Entry()) == books.totals
    assert books.totals == Entry(received=3, stored=2, quarantined=1)
    assert (await books.position("received"), await books.position("stored")) == (3, 3)
    assert len(await books.quarantined()) == 1


async def test_books_may_wait_with_what_came_in(tmp_path: Path) -> None:
    """Until anything else is booked or asked, or it is many; lost with a crash, it is booked from the log, once."""
    path = tmp_path / "books.db"
    batch = [an_outcome(position=1), an_outcome(position=2), an_outcome(position=3)]
    async with Books(path=path) as crashed:
        await crashed.receive(batch[:1], at_once=False)
        assert crashed.totals == Entry()
    async with Books(path=path) as books:
        assert await books.position("received") == 0
        for one in batch:
            await books.receive([one], at_once=False)
        assert books.totals == Entry()
        await books.receive(batch, at_once=False)  # told again
        await books.settle(batch[:2], {}, {})
        assert books.totals == Entry(received=3, stored=2)
        assert await books.position("received") == 3
        for position in range(4, 9):
            await books.receive([an_outcome(position=position)], at_once=False)
        assert books.totals == Entry(received=8, stored=2)


async def test_books_keep_what_waits_where_the_disk_is_full(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried again it is booked, and once."""
    await books.receive([an_outcome(position=1)], at_once=False)
    with monkeypatch.context() as context:
        context.setattr("ingest.adapters.books.write_rows", _full)
        with pytest.raises(LogUnavailableError):
            await books.receive([an_outcome(position=2)])
    await books.receive([an_outcome(position=2)])
    assert books.totals == Entry(received=2)


def _full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


async def test_books_know_what_the_store_refused(books: Books) -> None:
    """It moves from stored to quarantined, with the bytes of its delivery."""
    batch = [an_outcome(position=1), an_outcome(position=2)]
    await books.receive(batch)
    store_refused = {2: [("store_refused", "field type conflict", "pm2_5", 1)]}
    await books.settle(batch, payloads(batch, b"bytes"), store_refused)
    assert books.totals == Entry(received=2, stored=1, quarantined=1)
    (entry,) = await books.quarantined()
    assert (entry.reason, entry.detail, entry.parameter) == ("store_refused", "field type conflict", "pm2_5")
    assert (entry.payload, entry.position, entry.received_at) == (b"bytes", 2, NOW)


async def test_books_keep_bad_input_whole_up_to_the_quota(books: Books) -> None:
    """Beyond it one row a reason: hash, first 4 KiB, count."""
    payload = bytes(range(256)) * 24
    await settle(books, *(refused(n) for n in range(1, 6)), payload=payload)
    await settle(books, refused(6, "not_utf8"), refused(7, "not_utf8", count=3), payload=payload)
    entries = list(reversed(await books.quarantined()))
    assert [(e.reason, e.over_quota, e.count, len(e.payload)) for e in entries] == [
        ("broken_json", False, 1, len(payload)),
        ("broken_json", False, 1, len(payload)),
        ("broken_json", True, 3, EXCERPT),
        ("not_utf8", True, 4, EXCERPT),
    ]
    assert {e.sha256 for e in entries} == {hashlib.sha256(payload).hexdigest()}
    assert {e.size for e in entries} == {len(payload)}
    assert books.totals == Entry(received=9, quarantined=9)


async def test_books_quota_counts_bytes_too(books: Books) -> None:
    """One large message uses it up; a small one that still fits is kept whole."""
    await settle(books, refused(1), payload=b"x" * 19_999)
    await settle(books, refused(2), payload=b"xx")
    await settle(books, refused(3), payload=b"x")
    assert [entry.over_quota for entry in reversed(await books.quarantined())] == [False, True, False]


async def test_books_quota_is_each_station_s_own(books: Books) -> None:
    """A noisy one takes nothing from the others."""
    await settle(books, *(refused(n) for n in range(1, 5)), refused(5, account="air-2"))
    (entry,) = await books.quarantined(station="air-2")
    assert not entry.over_quota
    assert len(await books.quarantined(station=STATION)) == 3


async def test_books_survive_reopening(tmp_path: Path) -> None:
    """And know where they were."""
    for _ in range(2):
        async with Books(path=tmp_path / "books.db") as books:
            await settle(books, an_outcome(position=1), refused(2))
            assert books.totals == Entry(received=2, stored=1, quarantined=1)


async def test_books_that_cannot_be_used_say_so(tmp_path: Path) -> None:
    """As the error callers wait on; reading their position too."""
    async with Books(path=tmp_path / "books.db") as books:
        books._books.execute("DROP TABLE progress")
        for call in (books.position("stored"), books.receive([an_outcome()]), books.settle([an_outcome()], {}, {})):
            with pytest.raises(LogUnavailableError):
                await call
        assert books.totals == Entry()
