"""Whether now."""

from __future__ import annotations

import pytest

from alerts.dedup import Timing, timing
from alerts.model import ActKind
from alerts.notifications import Channel
from alerts.routing import Route
from tests.support.alerts_people import an_act

HERE = Route(person="chen", channel=Channel.LOG)
ELSEWHERE = Route(person="wu", channel=Channel.LOG)


@pytest.mark.parametrize(
    ("kind", "known", "later", "expected"),
    [
        (ActKind.ISSUED, set(), [], Timing.NOW),
        (ActKind.ACKNOWLEDGED, set(), [], Timing.NOT_NEWS),
        (ActKind.ISSUED, {"key"}, [], Timing.ALREADY_TOLD),
        (ActKind.PROPOSED, set(), [{HERE}], Timing.OVERTAKEN),
        (ActKind.PROPOSED, set(), [{ELSEWHERE}], Timing.NOW),
    ],
)
def test_timing_tells_each_person_once_a_step(
    kind: ActKind, known: set[str], later: list[set[Route]], expected: Timing
) -> None:
    """Nobody hears of an acknowledgement, of the same act twice, or of an act that a later one of the step tops."""
    assert timing(an_act(kind), key="key", known=known, later=later, route=HERE) is expected
