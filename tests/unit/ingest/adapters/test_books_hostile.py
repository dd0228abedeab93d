"""Quarantine under one delivery that is refused thousands of times over."""

from __future__ import annotations

from pathlib import Path

from ingest.adapters.books import Books
from ingest.adapters.quarantine import EXCERPT, Quota
from ingest.flagged import Flagged
from ingest.model import Delivery
from ingest.moments import EPOCH

REFUSED = 5000


async def test_books_count_every_value_of_a_hostile_delivery(tmp_path: Path) -> None:
    """A few entries are whole, the rest is one entry a reason with an excerpt and the count; the ledger balances."""
    payload = b"x" * 20_000
    refusals = [("unknown_parameter", f"no parameter p{number}", f"p{number}", 1) for number in range(REFUSED)]
    item = Flagged(1, "air-01", "air", 0, REFUSED, 0, (), (), refusals)
    delivery = Delivery("clearwarn/v1/air/air-01/reading", payload, EPOCH, 1)
    async with Books(path=tmp_path / "books.db", quota=Quota(entries=10, bytes=100_000)) as books:
        await books.receive([item])
        await books.settle([item], {1: delivery}, {})
        kept = await books.quarantined(limit=100)
        totals = books.totals
    whole = [entry for entry in kept if not entry.over_quota]
    beyond = [entry for entry in kept if entry.over_quota]
    assert [entry.payload for entry in whole] == [payload] * 5
    assert [(entry.count, len(entry.payload)) for entry in beyond] == [(REFUSED - 5, EXCERPT)]
    assert (totals.received, totals.quarantined) == (REFUSED, REFUSED)
