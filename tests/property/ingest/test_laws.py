"""Laws of intake: whatever devices send, and in whatever order, the sums come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import ledger
from ingest.codecs import CODECS
from ingest.codecs.report import Malformed, Report
from ingest.flagged import Flagged
from ingest.ledger import Entry
from ingest.model import Delivery, Period
from ingest.series import REMEMBERED, Arrival, Series
from ingest.topics import Leaf
from ingest.walk import Walk
from tests.support.ingest import NOW, TOPIC, a_catalog, a_payload

CATALOG = a_catalog()
STATIONS = ["air-1", "air-local", "outfall-1", "nobody", ""]
NAMES = ["pm2_5", "o3", "cod", "soot", "readings", ""]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
times = (
    st.datetimes(timezones=st.none() | st.just(UTC)).map(datetime.isoformat)
    | st.sampled_from(["2026-11-23T09:00:00+08:00", "20261123", "0001-01-01T00:00:00+23:59"])
    | anything
)
values = st.dictionaries(
    st.sampled_from(NAMES), st.floats() | st.none() | st.integers() | st.sampled_from(["x", True, [1]]), max_size=4
)
one = st.fixed_dictionaries(
    {
        "station": st.sampled_from(STATIONS) | anything,
        "time": times,
        "period": st.sampled_from([*Period, "2h"]),
        "values": values | anything,
    },
    optional={
        "marks": st.dictionaries(st.sampled_from(NAMES), st.sampled_from("NDMCFSTBX"), max_size=3),
        "times": st.dictionaries(st.sampled_from(NAMES), times, max_size=3),
        "seq": st.integers() | anything,
        "colour": st.just("red"),
    },
)
near = st.fixed_dictionaries(  # nothing wrong but the values and the times
    {
        "station": st.just("air-1"),
        "time": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
        "period": st.sampled_from(Period),
        "values": values.filter(bool),
    }
)
bodies = one | near | st.lists(near | one, max_size=3).map(lambda items: {"readings": items}) | anything
payloads = st.binary(max_size=200) | bodies.map(lambda body: json.dumps(body).encode())
some_topics = st.builds(
    "clearwarn/v1/{}/{}/{}".format,
    st.sampled_from(["air", "outfall", "sea"]),
    st.sampled_from(STATIONS),
    st.sampled_from([*Leaf, "x"]),
) | st.text(max_size=30)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # aware by `timezones`


def fates(outcomes: Sequence[Flagged]) -> tuple[int, int]:
    """What came in, and of how much the fate is known."""
    received = sum(ledger.received(outcomes).values(), Entry())
    settled = sum(ledger.settled(outcomes, {}).values(), Entry())
    return received.received, settled.settled


@settings(max_examples=400)
@given(payload=payloads)
def test_decode_never_raises(payload: bytes) -> None:
    """Any bytes come to a report or to a reason."""
    for decode in CODECS.values():
        found = decode(payload)
        assert isinstance(found, Report | Malformed)
        if isinstance(found, Report) and found.coded is None:
            assert found.moments
            assert all(moment.values for moment in found.moments)


@settings(max_examples=400)
@given(topic=some_topics, payload=payloads, received_at=moments)
def test_walk_never_raises_and_each_outcome_balances(topic: str, payload: bytes, received_at: datetime) -> None:
    """received == stored + duplicates + refusals, for whatever anybody publishes."""
    outcome = Walk(catalog=CATALOG).take(Delivery(topic, payload, received_at, 1))
    received, settled = fates([outcome.flagged])
    assert received == settled
    assert received > 0 or outcome.status is not None
    assert len(outcome.readings) == sum(len(values) for _, _, values in outcome.flagged.groups)


hours = st.integers(-90, 6)  # from late to future
messages = st.tuples(
    hours,
    st.dictionaries(
        st.sampled_from(["pm2_5", "o3", "soot"]), st.sampled_from([None, 1.0, 2.0, 500.0, 5000.0]), min_size=1
    ),
    st.integers(0, 3),  # repeated so many times
)


def deliveries(stream: Sequence[tuple[int, dict[str, float | None], int]]) -> list[Delivery]:
    found: list[Delivery] = []
    for hour, given_values, repeats in stream:
        payload = a_payload(time=(NOW + timedelta(hours=hour)).isoformat(), period="instant", values=given_values)
        for _ in range(1 + repeats):
            at = len(found) + 1
            found.append(Delivery(TOPIC, payload, NOW + timedelta(seconds=at), at))
    return found


def last_values(outcomes: Sequence[Flagged]) -> dict[tuple[str, int], Any]:
    """What a store holds that lets the later position win."""
    points: dict[tuple[str, int], Any] = {}
    for outcome in outcomes:
        for _, instant, group in outcome.groups:
            for parameter, value, _, _ in group:
                points[parameter, instant] = value
    return points


@given(stream=st.lists(messages, max_size=30), data=st.data())
def test_walk_stores_the_last_value_however_often_it_came(
    stream: list[tuple[int, dict[str, float | None], int]], data: st.DataObject
) -> None:
    """Duplicates change neither what is stored nor the balance."""
    shuffled = data.draw(st.permutations(stream))
    walk = Walk(catalog=CATALOG)
    outcomes = [walk.take(delivery).flagged for delivery in deliveries(shuffled)]
    received, settled = fates(outcomes)
    assert received == settled == sum(len(given_values) * (1 + repeats) for _, given_values, repeats in stream)
    expected: dict[tuple[str, int], Any] = {}
    for hour, given_values, _ in shuffled:
        instant = int((NOW + timedelta(hours=hour)).timestamp()) * 1_000_000
        expected |= {(name, instant): value for name, value in given_values.items() if name != "soot"}
    assert last_values(outcomes) == expected


@given(stream=st.lists(messages, max_size=30), data=st.data())
def test_walk_restored_anywhere_changes_no_later_outcome(
    stream: list[tuple[int, dict[str, float | None], int]], data: st.DataObject
) -> None:
    """A checkpoint in the middle of any stream is not to be seen in what follows."""
    every = deliveries(stream)
    at = data.draw(st.integers(0, len(every)))
    through = Walk(catalog=CATALOG)
    expected = [through.take(delivery) for delivery in every]
    before, after = Walk(catalog=CATALOG), Walk(catalog=CATALOG)
    found = [before.take(delivery) for delivery in every[:at]]
    after.restore(orjson.loads(orjson.dumps(before.snapshot(), default=tuple)))
    assert found + [after.take(delivery) for delivery in every[at:]] == expected


@given(steps=st.lists(st.tuples(st.integers(0, 80), st.none() | st.integers(0, 3).map(float)), max_size=60))
def test_series_answers_as_a_plain_mapping_would(steps: list[tuple[int, float | None]]) -> None:
    """New, duplicate, correction and what stood before, for as long as it fits."""
    series = Series()
    model: dict[int, float | None] = {}
    for instant, value in steps:
        expected = (
            Arrival.NEW
            if instant not in model
            else Arrival.DUPLICATE
            if model[instant] == value
            else Arrival.CORRECTION
        )
        if len(model) >= REMEMBERED:
            return
        assert series.take(instant, value) is expected
        model[instant] = value
        earlier = [known for known in model if known < instant and model[known] is not None]
        assert series.before(instant) == ((max(earlier), model[max(earlier)]) if earlier else None)


@given(steps=st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 1).map(float)), min_size=1, max_size=40))
def test_series_never_calls_constant_what_changed(steps: list[tuple[int, float | None]]) -> None:
    """The run it tells of the newest value holds no other value, however late that one came."""
    series = Series()
    model: dict[int, float | None] = {}
    for instant, value in steps:
        series.take(instant, value)
        model[instant] = value
        newest = max(model)
        last = model[newest]
        if last is None:
            continue
        _, _, run = Series.restored(series.snapshot()).follow(newest + 1, last)
        within = {known for at, known in model.items() if newest + 1 - run <= at <= newest and known is not None}
        assert len(within) <= 1
