"""One warning's page: why it stands, who did what, who was told, and the steps open to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from alerts.console.curves import Curve, curve
from alerts.console.phrases import Voice, number
from alerts.console.sentences import threshold, unit
from alerts.console.staff import Staff
from alerts.console.views.board import Card, card
from alerts.console.views.naming import place_name
from alerts.model import EvidenceSample, Place, WarningState
from alerts.ports import Observations, Point
from alerts.views import WarningView

_MOST_CURVES = 12


class Step(StrEnum):
    """What a person can do to a warning."""

    ACKNOWLEDGE = "acknowledge"
    ISSUE = "issue"
    DISMISS = "dismiss"
    LIFT = "lift"

    @property
    def needs_reason(self) -> bool:
        """Whether the record must say why: what ends a warning must."""
        return self in {Step.DISMISS, Step.LIFT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value judged."""

    sample: EvidenceSample
    station: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A curve and what it is of."""

    name: str
    unit: str
    curve: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The whole page."""

    card: Card
    rule: str
    unit: str
    highest_differs: bool
    rows: tuple[Row, ...]  # newest first
    several: bool  # the values come from more than one station
    drawings: tuple[Drawing, ...]
    steps: tuple[Step, ...]


def dossier(view: WarningView, *, observations: Observations, staff: Staff, voice: Voice) -> Dossier:
    """Everything the page shows, from the evidence as it was frozen."""
    warning = view.warning
    _, _, unit_name, decimals = observations.parameter(warning.parameter) if warning.parameter else ("", "", "", 2)
    places: Mapping[str, Place] = {state.place.id: state.place for state in observations.stations()}
    named = {
        sample.station: place_name(places.get(sample.station), sample.station, voice.language)
        for sample in warning.evidence.samples
    }
    newest = sorted(warning.evidence.samples, key=lambda sample: (sample.instant, sample.station), reverse=True)
    return Dossier(
        card=card(view, observations, staff, voice),
        rule=voice.language.of(view.rule_name),
        unit=unit(unit_name),
        highest_differs=warning.highest is not warning.level,
        rows=tuple(
            Row(sample=sample, station=named[sample.station], value=number(sample.value, decimals)) for sample in newest
        ),
        several=len(named) > 1,
        drawings=tuple(_drawings(view, newest, named, unit_name, voice)),
        steps=steps(view),
    )


def steps(view: WarningView) -> tuple[Step, ...]:
    """The steps the page offers, the likeliest first. The desk has the last word on each."""
    acknowledge = () if view.acknowledged else (Step.ACKNOWLEDGE,)
    match view.warning.state:
        case WarningState.PROPOSED:
            return (*acknowledge, Step.ISSUE, Step.DISMISS)
        case WarningState.ISSUED:
            return (*acknowledge, Step.LIFT)
        case WarningState.LIFTED | WarningState.DISMISSED | WarningState.LAPSED:
            return ()
        case _:
            assert_never(view.warning.state)


def _drawings(
    view: WarningView, samples: Sequence[EvidenceSample], named: Mapping[str, str], unit_name: str, voice: Voice
) -> list[Drawing]:
    """One small curve a station, over the same stretch of time, so that they can be compared."""
    by_station: dict[str, list[Point]] = {}
    for sample in samples:
        point = Point(instant=sample.instant, value=sample.value, flag=sample.flag)
        by_station.setdefault(sample.station, []).append(point)
    if view.warning.parameter is None or not samples:
        return []
    start, end = min(sample.instant for sample in samples), max(sample.instant for sample in samples)
    interval = timedelta(seconds=view.place.interval_seconds) if view.place and not view.place.is_area else timedelta(0)
    limit = _limit(view, unit_name)
    return [
        Drawing(
            name=named[station],
            unit=unit(unit_name),
            curve=curve(points, start=start, end=end, zone=voice.zone, interval=interval, limit=limit),
        )
        for station, points in sorted(by_station.items())[:_MOST_CURVES]
    ]


def _limit(view: WarningView, unit_name: str) -> float | None:
    """The limit in the parameter's unit: named by the inequality, else the outfall's own permit."""
    named = threshold(view.warning.evidence.inequality, unit_name)
    if named is None and view.place and view.warning.parameter:
        return dict(view.place.limits).get(view.warning.parameter)
    return named
