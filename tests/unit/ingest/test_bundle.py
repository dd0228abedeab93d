"""Readings of a message, in columns."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ingest.bundle import Values
from ingest.flagged import decode, encode
from tests.support.bundles import bundled
from tests.support.ingest import NOW, STATION, a_reading, an_outcome

_VALUE = st.tuples(
    st.sampled_from(["pm2_5", "o3", "no2"]),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1, 2, 3, 4, 9]),
    st.sampled_from(["", "", "spike"]),
)


@given(st.lists(_VALUE, max_size=4))
def test_values_go_into_the_log_and_come_back(rows: list[tuple[str, float | None, int, str]]) -> None:
    """In the form of now, and as logs of earlier versions have them: a list a value."""
    groups = [("1h", 0, Values.of(rows))]
    written = encode([an_outcome(groups=groups)])
    assert decode(written)[0].groups == groups
    former = orjson.loads(written)
    former[0][6] = [["1h", 0, rows]]
    assert decode(orjson.dumps(former))[0].groups == groups


def test_values_that_passed_say_it_once() -> None:
    """Nothing but their numbers is their own."""
    first, second = (Values.of([("pm2_5", value, 1, ""), ("o3", value, 1, "")]) for value in (1.0, 2.0))
    assert first.names is second.names
    assert first.plain() == ["pm2_5,o3", (1.0, 1.0)]
    marked = first.marked(1, 3, "spike")
    assert [*marked] == [("pm2_5", 1.0, 1, ""), ("o3", 1.0, 3, "spike")]
    assert (first.all_passed, marked.all_passed) == (True, False)
    assert first != second
    assert first != "pm2_5"


def test_bundle_gives_its_readings_one_by_one() -> None:
    """As they were put together."""
    readings = [a_reading(1.0), a_reading(None, parameter="o3", flag=9, reason="no_value")]
    (bundle,) = bundled(readings)
    assert (bundle.station, bundle.instant) == (STATION, NOW)
    assert [reading._replace(kind="air") for reading in bundle.readings] == readings
