"""Topics, read and made."""

from __future__ import annotations

import pytest

from ingest import topics
from ingest.model import Foretelling, Kind, Reason, Rejection
from ingest.topics import Address, Leaf


@pytest.mark.parametrize(
    ("kind", "leaf"),
    [
        (Foretelling.FORECAST, Leaf.FORECAST),
        *((kind, leaf) for kind in Kind for leaf in Leaf if leaf is not Leaf.FORECAST),
    ],
)
def test_topic_read_is_what_was_made(kind: Kind | Foretelling, leaf: Leaf) -> None:
    """Both directions agree."""
    assert topics.read(topics.of(kind, "tz-01", leaf)) == Address(kind.value, "tz-01", leaf)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "/",
        "clearwarn/v1/air/a",
        "clearwarn/v1/forecast/",
        "clearwarn/v1/forecast/a/reading",
        "clearwarn/v1/air/a/forecast",
        "clearwarn/v1/air/a/reading/x",
        "clearwarn/v1/air/a/Reading",
        "clearwarn/v2/air/a/reading",
        "clearwarn/v1/sea/a/reading",
        "/clearwarn/v1/air/a/reading",
        "clearwarn/v1/clock",
        "clearwarn/v1/warning/air/reading",
        "clearwarn/v1/air/a/reading\x00",
        "汉/v1/air/a/reading",
    ],
)
def test_topic_of_nobody_is_a_rejection(topic: str) -> None:
    """Counted under `_unknown`, never an error."""
    found = topics.read(topic)
    assert isinstance(found, Rejection)
    assert (found.reason, found.station, found.count) == (Reason.UNKNOWN_TOPIC, "_unknown", 1)


def test_subscriptions_leave_warnings_and_clock_out() -> None:
    """We do not listen to ourselves."""
    kinds = ("air", "forecast", "outfall", "source")
    assert sorted(topics.SUBSCRIPTIONS) == [f"clearwarn/v1/{kind}/#" for kind in kinds]
