"""Laws of packed samples: nothing is lost, nothing is changed, and nobody sees which of them are packed."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from alerts.memory import FRESH, STRETCH, Row, SampleMemory
from alerts.packing import ROW, head, packed, unpacked

VALUES = st.one_of(
    st.integers(-(10**6), 10**6).map(lambda number: number / 1000),
    st.floats(allow_nan=False),
    st.just(math.nan),
    st.sampled_from([0.0, -0.0, 1e-7, 5e-324, 1e300, math.inf]),
)


@st.composite
def rows(draw: st.DrawFn, *, most: int = 200) -> list[Row]:
    """In order; mostly at one pace, as instruments are."""
    pace = draw(st.integers(1, 10**12))
    instant = draw(st.integers(-(10**17), 10**17))
    found = []
    for value in draw(st.lists(VALUES, min_size=1, max_size=most)):
        instant += draw(st.sampled_from([pace, pace, pace, pace, 1, 7 * pace]))
        code = draw(st.sampled_from([1, 1, 1, 3, 20, 255]))
        found.append(Row(instant, value, code, draw(st.sampled_from([20, 21, 0, -5, -(2**31), 2**31 - 1]))))
    return found


def same(one: Row, other: Row) -> bool:
    alike = one.value == other.value or (math.isnan(one.value) and math.isnan(other.value))
    return alike and one._replace(value=0) == other._replace(value=0)


@given(rows())
def test_packed_rows_come_back_as_they_were(given_rows: list[Row]) -> None:
    stretch = packed(b"".join(ROW.pack(*row) for row in given_rows))
    assert head(b"before" + stretch, 6) == (len(stretch), len(given_rows), given_rows[0].instant)
    found = list(map(Row._make, ROW.iter_unpack(unpacked(b"before" + stretch + b"after", 6))))
    assert all(map(same, found, given_rows))
    assert len(found) == len(given_rows)


def test_what_an_instrument_says_every_five_minutes_takes_two_or_three_bytes() -> None:
    steady = [Row(300_000_000 * n, round(8.2 + (n * 37 % 100) / 1000, 3), 1, 20 + n % 3) for n in range(STRETCH)]
    assert len(packed(b"".join(ROW.pack(*row) for row in steady))) < 3 * STRETCH


@given(rows(), st.data())
def test_memory_with_packed_samples_is_the_memory_without(given_rows: list[Row], data: st.DataObject) -> None:
    """Late ones, corrections, repetitions and forgetting among them."""
    memory, plain = SampleMemory(), SampleMemory()
    for row in given_rows:
        memory += ROW.pack(*row)
        plain += ROW.pack(*row)
        memory.pack()
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.sampled_from(given_rows))
        late = at._replace(instant=at.instant + data.draw(st.integers(-3, 3)), value=data.draw(VALUES))
        assert memory.put(*late) == plain.put(*late)
        if data.draw(st.booleans()):
            memory.pack()
    count = data.draw(st.integers(0, plain.held - 1))
    for one in (memory, plain):
        one.drop_oldest(count)
    assert (memory.held, memory.oldest) == (plain.held, plain.oldest)
    first, end = sorted(data.draw(st.tuples(st.integers(0, plain.held), st.integers(0, plain.held))))
    assert all(map(same, memory.rows(first, end), plain.rows(first, end)))
    at_instant = data.draw(st.sampled_from(given_rows)).instant
    for asked in (at_instant - 1, at_instant, at_instant + 1):
        assert memory.first_from(asked) == plain.first_from(asked)
        assert memory.first_after(asked) == plain.first_after(asked)
    twin = SampleMemory()
    twin.load(memory.dump())
    assert all(map(same, twin.rows(0, twin.held), plain.rows(0, plain.held)))
    assert memory.room >= 1
    assert len(memory) <= (FRESH + STRETCH) * ROW.size or memory.held <= plain.held
