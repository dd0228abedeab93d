"""The duty page: what needs me now, gravest first; what ended; whether the data can be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from alerts.console.phrases import Voice
from alerts.console.staff import Staff
from alerts.console.views.naming import parameter_name, place_name, why
from alerts.model import Level, WarningState
from alerts.ports import Observations, StationState
from alerts.views import WarningView

LEDGER = ("received", "stored", "duplicate", "quarantined", "waiting")
HEALTH = ("state", "broker", "store", "rules")
_SILENT_SHOWN = 8
_ENDED_SHOWN = 8


class Need(StrEnum):
    """What a warning asks of the officer now."""

    DECIDE = "decide"
    ACKNOWLEDGE = "acknowledge"
    LIFT = "lift"
    WATCH = "watch"


class Calm(StrEnum):
    """What an empty board means: silence of the devices is not calm."""

    QUIET = "quiet"
    UNPROVEN = "unproven"  # some stations are silent
    NOTHING = "nothing"  # no reading has arrived at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One warning as a row of the board."""

    view: WarningView
    need: Need
    place: str
    parameter: str
    why: str
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The whole page."""

    cards: tuple[Card, ...]
    ended: tuple[Card, ...]
    counts: tuple[tuple[Level, int], ...]  # gravest first, drills left out
    waiting: int  # real cards that ask for something
    gravest: Level | None  # of those
    drills: int  # drill cards that ask for something
    calm: Calm
    newest: datetime | None
    silent: tuple[StationState, ...]
    silent_more: int
    silent_count: int
    station_count: int
    ledger: tuple[tuple[str, int | float | str], ...]
    health: tuple[tuple[str, str], ...]


def board(
    *,
    opened: Sequence[WarningView],
    recent: Sequence[WarningView],
    observations: Observations,
    staff: Staff,
    voice: Voice,
) -> Board:
    """`opened` are the open warnings, `recent` the newest of all; the ended are picked out of the latter."""
    stations = observations.stations()
    silent = sorted((state for state in stations if state.silent), key=lambda state: state.place.id)
    intake = observations.intake()
    cards = sorted((card(view, observations, staff, voice) for view in opened), key=_urgency)
    ended = sorted((view for view in recent if not view.warning.open), key=_ended_at, reverse=True)[:_ENDED_SHOWN]
    asking = [each for each in cards if each.need is not Need.WATCH]
    real = [each.view.warning.level for each in asking if not each.view.warning.drill]
    levels = Counter(view.warning.level for view in opened if not view.warning.drill)
    return Board(
        cards=tuple(cards),
        ended=tuple(card(view, observations, staff, voice) for view in ended),
        counts=tuple((level, levels[level]) for level in reversed(Level)),
        waiting=len(real),
        gravest=max(real, key=lambda level: level.rank, default=None),
        drills=len(asking) - len(real),
        calm=_calm(stations),
        newest=max((state.last_instant for state in stations if state.last_instant), default=None),
        silent=tuple(silent[:_SILENT_SHOWN]),
        silent_more=max(0, len(silent) - _SILENT_SHOWN),
        silent_count=len(silent),
        station_count=len(stations),
        ledger=_ledger(intake),
        health=tuple((name, voice.word("link", intake[name])) for name in HEALTH if name in intake),
    )


def card(view: WarningView, observations: Observations, staff: Staff, voice: Voice) -> Card:
    """One warning, named for this page's language."""
    warning, acknowledged = view.warning, view.acknowledged
    return Card(
        view=view,
        need=need(view),
        place=place_name(view.place, warning.subject, voice.language),
        parameter=parameter_name(observations, warning.parameter, voice.language),
        why=why(view, observations, voice),
        acknowledged_by=staff.name(acknowledged.person or "", voice.language) if acknowledged else None,
    )


def need(view: WarningView) -> Need:
    """What is asked of a person now. A decision outweighs an acknowledgement."""
    warning = view.warning
    match warning.state:
        case WarningState.PROPOSED:
            return Need.DECIDE
        case WarningState.ISSUED:
            if warning.lift_due or warning.basis_withdrawn:
                return Need.LIFT
            return Need.WATCH if view.acknowledged else Need.ACKNOWLEDGE
        case WarningState.LIFTED | WarningState.DISMISSED | WarningState.LAPSED:
            return Need.WATCH
        case _:
            assert_never(warning.state)


def _urgency(each: Card) -> tuple[bool, int, bool, float, str]:
    """Real before drill, grave before mild, unanswered before answered, new before old."""
    warning = each.view.warning
    answered = each.need is Need.WATCH
    return (warning.drill, -warning.level.rank, answered, -warning.raised_at.timestamp(), warning.id)


def _ended_at(view: WarningView) -> datetime:
    return view.warning.lifted_at or view.warning.changed_at


def _calm(stations: Sequence[StationState]) -> Calm:
    if not any(state.last_instant for state in stations):
        return Calm.NOTHING
    return Calm.UNPROVEN if any(state.silent for state in stations) else Calm.QUIET


def _ledger(intake: Mapping[str, int | float | str]) -> tuple[tuple[str, int | float | str], ...]:
    return tuple((name, intake.get(name, 0)) for name in LEDGER)
