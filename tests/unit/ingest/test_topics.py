"""Topics, read and made."""

from __future__ import annotations

import pytest

from ingest import topics
from ingest.model import Kind, Reason, Rejection
from ingest.topics import Address, Leaf


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("leaf", Leaf)
def test_topic_read_is_what_was_made(kind: Kind, leaf: Leaf) -> None:
    """Both directions agree."""
    assert topics.read(topics.of(kind, "tz-01", leaf)) == Address(kind.value, "tz-01", leaf)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "/",
        "clearwarn/v1/air/a",
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
    assert sorted(topics.SUBSCRIPTIONS) == ["clearwarn/v1/air/#", "clearwarn/v1/outfall/#", "clearwarn/v1/source/#"]
