"""The duty page's order and honesty."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.console.language import Language
from alerts.console.phrases import Voice
from alerts.console.staff import Staff
from alerts.console.views.board import Board, Calm, Need, board, need
from alerts.model import Level, WarningState
from alerts.views import WarningView
from tests.support.console import NOW, PEOPLE, FakeObservations, a_view, a_warning, acknowledged, six_views

VOICE = Voice(language=Language.ZH, zone=ZoneInfo("Asia/Shanghai"), now=NOW)


def shown(views: list[WarningView], observations: FakeObservations | None = None) -> Board:
    return board(
        opened=[view for view in views if view.warning.open],
        recent=views,
        observations=observations or FakeObservations(),
        staff=Staff(PEOPLE),
        voice=VOICE,
    )


def test_board_puts_the_gravest_first_and_drills_last() -> None:
    """What needs me now is on top; an exercise never pushes it down."""
    levels = [(card.view.warning.level, card.view.warning.drill) for card in shown(six_views()).cards]
    assert levels == [
        (Level.RED, False),
        (Level.ORANGE, False),
        (Level.YELLOW, False),
        (Level.YELLOW, False),
        (Level.BLUE, False),
        (Level.ORANGE, True),
    ]


def test_board_puts_the_unanswered_before_the_acknowledged() -> None:
    """Within a level."""
    seen = acknowledged(a_view(a_warning(id="w-1")), "lin", NOW)
    unseen = a_view(a_warning(id="w-2", raised_at=NOW - timedelta(days=1)))
    assert [card.view.warning.id for card in shown([seen, unseen]).cards] == ["w-2", "w-1"]


def test_board_does_not_count_drills_as_real() -> None:
    """Neither in the levels nor in what waits."""
    drill = shown([a_view(a_warning(drill=True))])
    assert (drill.waiting, drill.gravest, drill.drills) == (0, None, 1)
    assert all(count == 0 for _, count in drill.counts)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (a_view(a_warning(state=WarningState.PROPOSED)), Need.DECIDE),
        (acknowledged(a_view(a_warning(state=WarningState.PROPOSED)), "lin", NOW), Need.DECIDE),
        (a_view(), Need.ACKNOWLEDGE),
        (acknowledged(a_view(), "lin", NOW), Need.WATCH),
        (acknowledged(a_view(a_warning(lift_due=True)), "lin", NOW), Need.LIFT),
        (acknowledged(a_view(a_warning(basis_withdrawn=True)), "lin", NOW), Need.LIFT),
        (a_view(a_warning(state=WarningState.LIFTED, lift_due=True)), Need.WATCH),
    ],
)
def test_need_is_what_a_person_must_do(view: WarningView, expected: Need) -> None:
    """A decision outweighs an acknowledgement; what has ended asks nothing."""
    assert need(view) is expected


def test_calm_is_not_claimed_while_stations_are_silent() -> None:
    """Silence of the devices is no good news."""
    observations = FakeObservations()
    assert shown([], observations).calm is Calm.UNPROVEN
    observations.states = [state for state in observations.states if not state.silent]
    assert shown([], observations).calm is Calm.QUIET
    observations.states = [replace(state, last_instant=None) for state in observations.states]
    assert shown([], observations).calm is Calm.NOTHING


def test_board_shows_what_ended_newest_first() -> None:
    """By when it ended, not when it began."""
    assert [card.view.warning.id for card in shown(six_views()).ended] == ["w-aa00bb11cc22", "w-dd33ee44ff55"]


def test_board_names_a_place_the_catalogue_has_lost() -> None:
    """By its id."""
    assert shown([a_view(place=None)]).cards[0].place == "src-02"
