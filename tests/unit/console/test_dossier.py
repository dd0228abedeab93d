"""One warning's page."""

from zoneinfo import ZoneInfo

import pytest

from alerts.console.language import Language
from alerts.console.phrases import Voice
from alerts.console.staff import Staff
from alerts.console.views.dossier import Dossier, Step, dossier, steps
from alerts.model import WarningState
from alerts.views import WarningView
from tests.support.console import NOW, PEOPLE, FakeObservations, a_view, a_warning, acknowledged, six_views

VOICE = Voice(language=Language.EN, zone=ZoneInfo("Asia/Shanghai"), now=NOW)


def shown(view: WarningView) -> Dossier:
    return dossier(view, observations=FakeObservations(), staff=Staff(PEOPLE), voice=VOICE)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (a_view(a_warning(state=WarningState.PROPOSED)), (Step.ACKNOWLEDGE, Step.ISSUE, Step.DISMISS)),
        (a_view(), (Step.ACKNOWLEDGE, Step.LIFT)),
        (acknowledged(a_view(), "lin", NOW), (Step.LIFT,)),
        (a_view(a_warning(state=WarningState.LIFTED)), ()),
        (a_view(a_warning(state=WarningState.DISMISSED)), ()),
    ],
)
def test_steps_offered_follow_the_state(view: WarningView, expected: tuple[Step, ...]) -> None:
    """Nothing is offered that the desk would refuse."""
    assert steps(view) == expected


def test_dossier_draws_one_curve_a_station_over_the_same_time() -> None:
    """An area's warning rests on several."""
    haze = shown(six_views()[1])
    assert [drawing.name for drawing in haze.drawings] == ["Committee Hall", "Xilan Port", "Petrochemical Park"]
    assert len({tuple(tick.at for tick in drawing.curve.across) for drawing in haze.drawings}) == 1
    assert all(drawing.curve.limit is not None for drawing in haze.drawings)


def test_dossier_draws_an_outfalls_own_permit() -> None:
    """Where the inequality is a share of it."""
    assert shown(six_views()[2]).drawings[0].curve.limit is not None


def test_dossier_of_a_silent_station_draws_nothing() -> None:
    """There are no values to draw."""
    silent = shown(six_views()[3])
    assert (silent.drawings, silent.rows) == ((), ())


def test_dossier_lists_the_newest_value_first() -> None:
    """What decided it is on top."""
    rows = shown(a_view()).rows
    assert rows[0].sample.instant == max(row.sample.instant for row in rows)
    assert rows[0].value == f"{rows[0].sample.value:.3f}"
