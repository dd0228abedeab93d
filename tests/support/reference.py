"""A second opinion on rules: slow, naive, obviously right.

Everything is worked out again from all that came, by going back over the values at each of them. Written from the
rules' documented meaning alone; tests compare the engine with it. `reference_values` says what is compared,
`reference_levels` with what outcome, this module what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.model import Change, Level, Place, Sample
from tests.support.reference_levels import level_onsets, levels_of
from tests.support.reference_values import FLAGS, SKEW, length, step_of, values_of

Arrivals = Sequence[tuple[datetime, Sample]]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a rule stands once an instant is known: its gravest level, and since when that level's condition holds."""

    instant: datetime
    level: Level | None
    onset: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A transition, without what has to do with people."""

    change: Change
    level: Level | None
    instant: datetime
    onset: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """An episode."""

    onset: datetime
    ended: datetime | None
    highest: Level


def stages(settings: Mapping[str, Any], places: Sequence[Place], arrivals: Arrivals) -> list[Stage]:
    """Of one rule, as a file writes it, at the subject that these places are."""
    values = values_of(settings, places, arrivals)
    step = step_of(settings, places[0])
    by_level = {
        level: level_onsets(settings, conditions, values, step) for level, conditions in levels_of(settings).items()
    }
    found = []
    for n, value in enumerate(values):
        up = [level for level, onsets in by_level.items() if onsets[n] is not None]
        level = max(up, key=lambda one: one.rank, default=None)
        found.append(Stage(value.instant, level, by_level[level][n] if level else None))
    return found


def transitions(path: Iterable[Stage]) -> list[Told]:
    """What is announced where every value came in order and at once.

    A dwell that went on through a clearing began, for the next episode, at that clearing: episodes do not overlap. A
    change within an episode says since when its own level holds, a clearing repeats its episode's onset (the
    specification is silent on all three).
    """
    found = []
    level: Level | None = None
    episode: datetime | None = None  # onset of the one that stands
    cleared: datetime | None = None
    for stage in path:
        if stage.level == level:
            continue
        if stage.level is None or stage.onset is None:
            assert episode
            found.append(Told(Change.CLEARED, None, stage.instant, episode))
            cleared = stage.instant
        elif level is None:
            episode = max(stage.onset, cleared or stage.onset)
            found.append(Told(Change.RAISED, stage.level, stage.instant, episode))
        else:
            change = Change.UPGRADED if stage.level.rank > level.rank else Change.DOWNGRADED
            found.append(Told(change, stage.level, stage.instant, stage.onset))
        level = stage.level
    return found


def episodes(path: Iterable[Stage]) -> list[Span]:
    """From raising to full clearing, and the gravest level between."""
    found: list[Span] = []
    for one in transitions(path):
        if one.change is Change.RAISED and one.level:
            found.append(Span(one.onset, None, one.level))
        elif one.level is None:
            found[-1] = Span(found[-1].onset, one.instant, found[-1].highest)
        else:
            highest = max(found[-1].highest, one.level, key=lambda level: level.rank)
            found[-1] = Span(found[-1].onset, None, highest)
    return found


def absences(
    settings: Mapping[str, Any], place: Place, *, start: datetime, arrivals: Arrivals, end: datetime
) -> list[Told]:
    """Of one station that is listened to from `start` to `end`: the one condition that asks the clock.

    A deadline is met when the clock is at it. What ends a silence is the first reading that leaves a deadline ahead.
    """
    patience = max(
        settings.get("after_intervals", 3) * timedelta(seconds=place.interval_seconds),
        length(settings.get("at_least"), "10m"),
    )
    good = {FLAGS[name] for name in settings.get("accept", ("pass", "unchecked", "suspect"))}
    found: list[Told] = []
    newest, silent = start, False
    steps: list[tuple[datetime, Sample | None]] = [*arrivals, (end, None)]
    for now, sample in steps:
        if not silent and newest + patience <= now:
            silent = True
            found.append(Told(Change.RAISED, Level(settings.get("level", "yellow")), newest + patience, newest))
        if sample is None or sample.station != place.id or sample.flag not in good or sample.instant > now + SKEW:
            continue
        newest = max(newest, sample.instant)
        if silent and newest + patience > now:
            silent = False
            found.append(Told(Change.CLEARED, None, sample.instant, newest))
    return found
