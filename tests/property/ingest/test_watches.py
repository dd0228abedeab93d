"""Laws of what looks at series for days: a checkpoint is not to be seen, and raw values stay what they were."""

from __future__ import annotations

from datetime import timedelta

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.model import Delivery
from ingest.topics import Leaf
from ingest.topics import of as topic_of
from ingest.walk import Outcome, Walk
from tests.support.ingest import NOW, a_catalog, a_parameter, a_station, permitted

CATALOG = permitted(
    a_catalog(
        *(a_station(id=f"s-{number}", parameters=("no2", "pm2_5")) for number in range(4)),
        no2=a_parameter(
            repeat={"hours": 2},
            near_limit={"above": 0.5, "most": 0.5, "hours": 4},
            drift={"factor": 1.5, "floor": 1, "days": 1, "neighbours": 2},
            includes=({"part": "pm2_5"},),
            spike={"step": 20, "held": "suspect"},
        ),
    ),
    "s-0",
    "s-1",
    "s-2",
    "s-3",
    no2=12,
)

# Days that are like the day before or not, hour after hour, with an hour left out now and then.
DAYS = st.lists(
    st.tuples(st.sampled_from(["same", "other", "constant"]), st.sets(st.integers(0, 23), max_size=2)),
    min_size=3,
    max_size=6,
)


def stream(days: list[tuple[str, set[int]]], levels: list[int]) -> list[Delivery]:
    found: list[Delivery] = []
    for day, (sort, left_out) in enumerate(days):
        for hour in set(range(24)) - left_out:
            at = NOW + timedelta(days=day, hours=hour)
            for number, level in enumerate(levels):
                shape = {"same": hour * 7 % 5, "other": hour * (day + 3) % 11, "constant": 0}[sort]
                body = {
                    "station": f"s-{number}",
                    "time": at.isoformat(),
                    "period": "instant",
                    "values": {"no2": level + shape, "pm2_5": 6 + (hour + day) % 9},
                }
                found.append(
                    Delivery(topic_of("air", f"s-{number}", Leaf.READING), orjson.dumps(body), at, len(found) + 1)
                )
    return found


@settings(max_examples=25)
@given(days=DAYS, levels=st.lists(st.integers(1, 40), min_size=4, max_size=4), data=st.data())
def test_walk_with_watches_restored_anywhere_changes_no_later_outcome(
    days: list[tuple[str, set[int]]], levels: list[int], data: st.DataObject
) -> None:
    """Whatever days they have seen; and what came is what is stored."""
    every = stream(days, levels)
    at = data.draw(st.integers(0, len(every)))
    through = Walk(catalog=CATALOG)
    expected = [through.take(delivery) for delivery in every]
    before, after = Walk(catalog=CATALOG), Walk(catalog=CATALOG)
    found: list[Outcome] = [before.take(delivery) for delivery in every[:at]]
    after.restore(orjson.loads(orjson.dumps(before.snapshot(), default=tuple)))
    assert found + [after.take(delivery) for delivery in every[at:]] == expected
    for delivery, outcome in zip(every, expected, strict=True):
        values = orjson.loads(delivery.payload)["values"]
        assert {reading.parameter: reading.value for reading in outcome.readings} == values
