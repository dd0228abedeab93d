"""The newest outcomes are at hand for who follows closely, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from ingest.flagged import Flagged
from ingest.recent import Recent
from tests.support.ingest import an_outcome


def outcomes(positions: Iterable[int]) -> list[Flagged]:
    return [an_outcome(position=position) for position in positions]


def test_recent_knows_nothing_of_what_was_before_it() -> None:
    """Of the first that are written nobody can say what came before: who wants those reads the log."""
    recent = Recent()
    assert recent.after(0, 10) is None
    recent.put(outcomes([5, 7]))
    assert recent.after(4, 10) is None
    assert recent.after(7, 10) == []
    recent.put(outcomes([8, 11]))
    assert recent.after(7, 1) == outcomes([8])
    assert recent.after(6, 10) is None


def test_recent_begins_anew_where_outcomes_come_again() -> None:
    """After a crash: which of them the log has is the log's to say."""
    recent = Recent()
    for written in ([1], [2, 3], [3, 4]):
        recent.put(outcomes(written))
    assert recent.after(1, 10) is None
    recent.put(outcomes([5]))
    assert recent.after(4, 10) == outcomes([5])


def test_recent_has_no_hole() -> None:
    """What was written without a word here, as where the writer was given up meanwhile, is not passed over."""
    recent = Recent()
    for written in ([1], [2], [4]):
        recent.put(outcomes(written))
    assert recent.after(1, 10) is None
    assert recent.after(2, 10) is None
    recent.put(outcomes([5]))
    assert recent.after(4, 10) == outcomes([5])


@given(
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=1500), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4000), st.integers(1, 3000)), max_size=6),
)
def test_recent_gives_what_the_log_would_give(steps: list[list[int]], asked: list[tuple[int, int, int]]) -> None:
    """Or nothing: whoever asks, for whatever, between whatever is written; with gaps in the positions."""
    recent, log, last = Recent(most=2000), list[Flagged](), 0
    for number, group in enumerate(steps):
        positions = []
        for step in group:
            last += step
            positions.append(last)
        written = [an_outcome(position=position, groups=(), received=0) for position in positions]
        recent.put(written)
        log += written
        for when, position, limit in asked:
            found = recent.after(position, limit) if when == number else None
            if found is not None:
                assert found == [one for one in log if one.position > position][:limit]
