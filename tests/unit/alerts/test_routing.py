"""Who hears of what."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.model import ActKind, Level, WarningType
from alerts.notifications import Channel
from alerts.people import Told
from alerts.routing import Hearing, Route, hearing, routes
from tests.support.alerts_people import a_receiver, a_warning, an_act, some_people


@pytest.mark.parametrize(
    ("told", "kind", "heard_before", "expected"),
    [
        ({}, ActKind.ISSUED, False, Hearing.ASKED_FOR),
        ({"types": ["outfall"]}, ActKind.ISSUED, False, Hearing.OTHER_TYPE),
        ({"types": ["outfall", "water_source"]}, ActKind.ISSUED, False, Hearing.ASKED_FOR),
        ({"kinds": ["air"]}, ActKind.ISSUED, False, Hearing.OTHER_KIND),
        ({"areas": ["harbour"]}, ActKind.ISSUED, False, Hearing.OTHER_AREA),
        ({"areas": ["river"]}, ActKind.ISSUED, False, Hearing.ASKED_FOR),
        ({"minimum": "red"}, ActKind.UPGRADED, False, Hearing.TOO_MILD),
        ({"minimum": "red"}, ActKind.DOWNGRADED, True, Hearing.HEARD_BEFORE),
        ({"acts": ["issued"]}, ActKind.PROPOSED, False, Hearing.NOT_THIS_ACT),
        ({"acts": ["issued"]}, ActKind.UPGRADED, True, Hearing.NOT_THIS_ACT),
        ({"acts": ["issued"], "minimum": "red"}, ActKind.LIFTED, True, Hearing.HEARD_BEFORE),
        ({}, ActKind.LIFTED, False, Hearing.NEVER_HEARD),
        ({"acts": ["issued"]}, ActKind.DISMISSED, True, Hearing.HEARD_BEFORE),
        ({}, ActKind.ACKNOWLEDGED, True, Hearing.NOT_THIS_ACT),
    ],
)
def test_hearing_follows_the_filters(
    told: dict[str, Any],
    kind: ActKind,
    heard_before: bool,  # noqa: FBT001 - a table
    expected: Hearing,
) -> None:
    """Filters decide who hears of a beginning; whoever heard of it also hears of its end."""
    found = hearing(Told.model_validate(told), a_warning(), an_act(kind), area="river", heard_before=heard_before)
    assert found is expected


def test_hearing_goes_by_the_level_of_the_act() -> None:
    """The level at the time of the act counts, not the one the warning came to afterwards."""
    told = Told(minimum=Level.RED)
    act = an_act(ActKind.ISSUED, level=Level.RED)
    assert hearing(told, a_warning(level=Level.YELLOW), act, area="", heard_before=False) is Hearing.ASKED_FOR


def test_routes_use_every_channel_of_a_person() -> None:
    """One route a channel, in the order of the file."""
    people = some_people(
        a_receiver("chen", channels={"email": {"address": "chen@bureau.example"}, "log": {}}),
        a_receiver("wu", told={"types": [WarningType.DEVICE.value]}),
    )
    assert routes(a_warning(), an_act(), people, area="river", heard=set()) == (
        Route(person="chen", channel=Channel.LOG),
        Route(person="chen", channel=Channel.EMAIL),
    )


def test_routes_can_be_kept_to_some_channels() -> None:
    """In replayed time the mail of nobody is used."""
    people = some_people(a_receiver("chen", channels={"email": {"address": "chen@bureau.example"}, "log": {}}))
    only = frozenset({Channel.LOG})
    assert routes(a_warning(), an_act(), people, area="river", heard=set(), only=only) == (
        Route(person="chen", channel=Channel.LOG),
    )
