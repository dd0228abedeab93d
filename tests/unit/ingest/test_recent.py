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
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 0, 0, 0, 7])), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 80), st.integers(1, 60)), max_size=12),
)
def test_recent_gives_what_the_log_would_give(groups: list[tuple[int, int]], asked: list[tuple[int, int, int]]) -> None:
    """Or nothing: whoever asks, for whatever, between whatever is written, with leaps between the groups."""
    recent, log, last = Recent(most=50), list[Flagged](), 0
    for number, (several, leap) in enumerate(groups):
        first, last = last + leap + 1, last + leap + several
        written = outcomes(range(first, last + 1))
        recent.put(written)
        log += written
        for when, back, limit in asked:
            found = recent.after(last - back, limit) if when == number else None
            if found is not None:
                assert found == [one for one in log if one.position > last - back][:limit]


def test_recent_holds_so_many() -> None:
    """Of the newest; who asks for one before them reads the log."""
    recent = Recent(most=3)
    recent.put(outcomes([1]))
    recent.put(outcomes([2, 3, 4, 5, 6]))
    assert len(recent._held) == 3
    assert recent.after(2, 10) is None
    assert recent.after(3, 10) == outcomes([4, 5, 6])
    assert recent.after(5, 10) == outcomes([6])
    assert recent.after(4, 10) is None
