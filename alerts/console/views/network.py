"""The stations' pages: who reports what, who is silent, and each station's last two days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.console.curves import curve
from alerts.console.phrases import Voice, number
from alerts.console.sentences import unit
from alerts.console.views.dossier import Drawing
from alerts.console.views.naming import place_name
from alerts.ports import Observations, Point, StationState

PAST = timedelta(hours=48)
_MOST_ROWS = 500  # a kind; more is not a page but a download


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One newest value."""

    parameter: str
    value: str
    unit: str
    flag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRow:
    """One station in the table."""

    state: StationState
    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTable:
    """The stations of one kind, silent ones first."""

    kind: str
    rows: tuple[StationRow, ...]
    total: int
    silent: int

    @property
    def shortened(self) -> bool:
        """Whether some are left out."""
        return self.total > len(self.rows)


def network(observations: Observations, voice: Voice) -> tuple[KindTable, ...]:
    """A table for each kind that has stations."""
    kinds: dict[str, list[StationState]] = {}
    for state in observations.stations():
        kinds.setdefault(state.place.kind, []).append(state)
    return tuple(_table(kind, states, observations, voice) for kind, states in kinds.items())


def _table(kind: str, states: Sequence[StationState], observations: Observations, voice: Voice) -> KindTable:
    ordered = sorted(states, key=lambda state: (not state.silent, state.place.id))
    return KindTable(
        kind=kind,
        rows=tuple(station_row(state, observations, voice) for state in ordered[:_MOST_ROWS]),
        total=len(states),
        silent=sum(state.silent for state in states),
    )


def station_row(state: StationState, observations: Observations, voice: Voice) -> StationRow:
    """One station with its newest values."""
    figures = []
    for parameter, (value, flag) in state.values.items():
        zh, en, unit_name, decimals = observations.parameter(parameter)
        name = voice.language.of((zh, en))
        figures.append(Figure(parameter=name, value=number(value, decimals), unit=unit(unit_name), flag=flag))
    name = place_name(state.place, state.place.id, voice.language)
    return StationRow(state=state, name=name, figures=tuple(figures))


def drawings(
    state: StationState,
    histories: Mapping[str, Sequence[Point]],
    now: datetime,
    observations: Observations,
    voice: Voice,
) -> tuple[Drawing, ...]:
    """The last two days of each parameter, with the permit's limit where there is one."""
    limits = dict(state.place.limits)
    interval = timedelta(seconds=state.place.interval_seconds)
    drawn = []
    for parameter, points in histories.items():
        zh, en, unit_name, _ = observations.parameter(parameter)
        drawn.append(
            Drawing(
                name=voice.language.of((zh, en)),
                unit=unit(unit_name),
                curve=curve(
                    points,
                    start=now - PAST,
                    end=now,
                    zone=voice.zone,
                    interval=interval,
                    limit=limits.get(parameter),
                ),
            )
        )
    return tuple(drawn)
