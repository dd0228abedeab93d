"""Laws of retention: what may go, whatever the sizes, the times and the room."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.retention import Kept, Limits, crowded, expendable

DONE = st.integers(0, 200)
SIZES = st.integers(0, 300)
MOMENTS = st.floats(-1000, 1000, allow_nan=False)
LIMITS = st.builds(
    Limits,
    keep=st.integers(0, 500).map(lambda seconds: timedelta(seconds=seconds)),
    quota=st.integers(1, 2000),
    least_free=st.integers(0, 500),
    segment=st.integers(1, 300),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Kept]:
    """Segments one after the other."""
    found, start = [], 1
    for length, size, ended in draw(st.lists(st.tuples(st.integers(1, 20), SIZES, MOMENTS), max_size=8)):
        found.append(Kept(start, start + length - 1, size, ended))
        start += length
    return found


@given(sealed=logs(), open_bytes=SIZES, free=st.integers(0, 2000), done=DONE, now=MOMENTS, limits=LIMITS)
def test_nothing_needed_goes_and_nothing_goes_without_a_reason(
    *, sealed: list[Kept], open_bytes: int, free: int, done: int, now: float, limits: Limits
) -> None:
    """Each that goes is done with, and old or in the way; the next one is needed, or neither."""
    used = open_bytes + sum(segment.bytes for segment in sealed)
    count = expendable(sealed, used=used, free=free, done=done, now=now, limits=limits)
    for number, segment in enumerate(sealed[: count + 1]):
        given_back = sum(gone.bytes for gone in sealed[:number])
        wanted = crowded(used=used - given_back, free=free + given_back, limits=limits)
        old = now - segment.ended >= limits.keep.total_seconds()
        assert (segment.last <= done and (old or wanted)) == (number < count)


@given(sealed=logs(), free=st.integers(0, 2000), dones=st.tuples(DONE, DONE), now=MOMENTS, limits=LIMITS)
def test_the_more_is_done_with_the_more_may_go(
    *, sealed: list[Kept], free: int, dones: tuple[int, int], now: float, limits: Limits
) -> None:
    """So that a store that catches up makes room."""
    used = sum(segment.bytes for segment in sealed)
    less, more = (expendable(sealed, used=used, free=free, done=done, now=now, limits=limits) for done in sorted(dones))
    assert less <= more


@given(logs(), st.integers(0, 2000), MOMENTS, LIMITS)
def test_room_that_can_be_made_is_made(sealed: list[Kept], free: int, now: float, limits: Limits) -> None:
    """With everything stored and checkpointed, what stays is not in the way."""
    used = sum(segment.bytes for segment in sealed)
    done = sealed[-1].last if sealed else 0
    count = expendable(sealed, used=used, free=free, done=done, now=now, limits=limits)
    given_back = sum(gone.bytes for gone in sealed[:count])
    assert count == len(sealed) or not crowded(used=used - given_back, free=free + given_back, limits=limits)
