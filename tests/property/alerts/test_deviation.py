"""Laws of unusual change, whatever the values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.deviation import HOUR, Deviation, Habit
from alerts.windows import TO_LIFT, TO_RAISE

MINUTE = 60_000_000
HABIT = Habit(over=HOUR // 2, floor=0.5, recent=3, at_least=4, block=10 * MINUTE, learn=2)

# Whole numbers and halves, so that shifting and doubling them loses nothing.
ROWS = st.lists(
    st.tuples(
        st.integers(1, 15),  # minutes since the row before
        st.integers(-2000, 2000).map(lambda half: half / 2),
        st.sampled_from([TO_RAISE | TO_LIFT, TO_RAISE | TO_LIFT, TO_RAISE, TO_LIFT, 0]),
    ),
    min_size=20,
    max_size=120,
)
Rows = list[tuple[int, float, int]]


def stamped(rows: Rows) -> Rows:
    """With instants in place of steps."""
    at, found = 0, []
    for step, value, may in rows:
        at += step * MINUTE
        found.append((at, value, may))
    return found


@given(rows=ROWS, cut=st.integers(0, 120))
def test_dumped_or_copied_it_goes_on_as_though_nothing_had_been(rows: Rows, cut: int) -> None:
    """Through JSON, as a checkpoint does it; and the copy leaves the original alone."""
    whole, rows = Deviation(habit=HABIT), stamped(rows)
    for row in rows[:cut]:
        whole.see(*row)
    loaded = Deviation(habit=HABIT)
    loaded.load(json.loads(json.dumps(whole.dump())))
    copied, frozen = whole.copy(), whole.copy()
    expected = [whole.see(*row) for row in rows[cut:]]
    assert [loaded.see(*row) for row in rows[cut:]] == expected
    assert [copied.see(*row) for row in rows[cut:]] == expected
    assert [frozen.see(*row) for row in rows[cut:]] == expected


@given(rows=ROWS, shift=st.integers(-500, 500))
def test_the_level_does_not_matter(rows: Rows, shift: int) -> None:
    """Water of 5 degrees is judged as water of 25."""
    here, there = Deviation(habit=HABIT), Deviation(habit=HABIT)
    for at, value, may in stamped(rows):
        assert there.see(at, value + shift, may) == here.see(at, value, may)


@given(rows=ROWS)
def test_the_unit_does_not_matter(rows: Rows) -> None:
    """Everything doubled, the floor too, scores the same."""
    one = Deviation(habit=HABIT)
    other = Deviation(habit=Habit(over=HABIT.over, floor=1.0, recent=3, at_least=4, block=HABIT.block, learn=2))
    for at, value, may in stamped(rows):
        seen, doubled = one.see(at, value, may), other.see(at, 2 * value, may)
        assert (seen is None) == (doubled is None)
        if seen is not None and doubled is not None:
            assert doubled[0] == pytest.approx(seen[0])
            assert doubled[1] == seen[1]


@given(rows=ROWS)
def test_a_constant_series_never_scores(rows: Rows) -> None:
    """Nothing has changed."""
    lens = Deviation(habit=HABIT)
    assert not any(seen and seen[0] for seen in (lens.see(at, 7.0, may) for at, _, may in stamped(rows)))


@given(rows=ROWS)
def test_memory_is_bounded_by_its_window(rows: Rows) -> None:
    """Whatever comes: the past within `over`, the newest, the first blocks."""
    lens = Deviation(habit=HABIT)
    for row in stamped(rows):
        lens.see(*row)
        instants, values, doubts, _, _, first, _, _ = lens.dump()
        assert len(instants) == len(values) <= 30 + HABIT.recent
        assert len(doubts) <= HABIT.recent
        assert len(first) < HABIT.learn
