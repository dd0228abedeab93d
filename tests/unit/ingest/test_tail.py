"""Outcomes held for who follows closely."""

from __future__ import annotations

from ingest.adapters.tail import Tail
from tests.support.ingest import an_outcome


def positions(tail: Tail, after: int, limit: int = 100) -> list[int] | None:
    found = tail.after(after, limit)
    return None if found is None else [item.position for item in found]


def test_tail_before_anything_was_written_asks_the_log() -> None:
    """What the log holds from before is not known here."""
    assert positions(Tail(), 0) is None


def test_tail_gives_what_came_after_a_position_and_lets_go_of_the_rest() -> None:
    tail = Tail()
    tail.append([an_outcome(position=n) for n in (8, 9)], before=7)
    assert positions(tail, 6) is None  # 7 is in the log alone
    assert positions(tail, 7, limit=1) == [8]
    assert positions(tail, 8) == [9]
    tail.append([an_outcome(position=10)], before=9)
    assert positions(tail, 9) == [10]
    assert positions(tail, 10) == []
    assert positions(tail, 9) is None  # let go: whoever goes back asks the log


def test_tail_holds_no_more_than_it_may() -> None:
    """What was pushed out is in the log; nothing is skipped."""
    tail = Tail(most=2)
    tail.append([an_outcome(position=n) for n in range(1, 6)], before=0)
    assert positions(tail, 2) is None
    assert positions(tail, 3) == [4, 5]
