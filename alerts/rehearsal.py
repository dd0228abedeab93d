"""Runs scenarios through the real engine, with the scenario's own clock, and compares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from alerts import durations
from alerts.engine import Engine
from alerts.model import Level, Place, Quality, Transition
from alerts.moments import from_micros
from alerts.rules import Rule
from alerts.rules.rule import JudgedRule
from alerts.scenarios import Scenario, Sent, Series, sent
from alerts.travel import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioSample:
    """A sample as the engine takes it."""

    station: str
    parameter: str
    period: str
    instant: datetime
    value: float | None
    flag: int
    reason: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Expected and actual, as lines to be read side by side."""

    scenario: Scenario
    expected: tuple[str, ...]
    actual: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.expected == self.actual


def rehearse(scenario: Scenario, *, rules: Mapping[str, Rule]) -> Outcome:
    """Plays the scenario. `rules` has every rule it names."""
    chosen = [rules[name] for name in scenario.rules]
    engine = Engine(rules=chosen, places=places(scenario, chosen))
    transitions = engine.advance(scenario.start)
    samples = sorted(_samples(scenario), key=lambda sample: sample.received_at)
    for received, together in groupby(samples, key=lambda sample: sample.received_at):
        transitions.extend(engine.feed(together, received))
    last = samples[-1].received_at if samples else scenario.start
    transitions.extend(engine.advance(last + scenario.until))
    return Outcome(
        scenario=scenario,
        expected=(*_expected_transitions(scenario), *_expected_episodes(scenario)),
        actual=(*_transitions(scenario, transitions), *_episodes(scenario, engine)),
    )


def places(scenario: Scenario, rules: list[Rule]) -> list[Place]:
    """Those the scenario describes, and a plain one for each other station it has samples of.

    Where the rules look at an area's own indices, what the samples are of is the area.
    """
    steps: dict[str, timedelta] = {}
    for series in scenario.series:
        for station in series.station:
            steps.setdefault(station, series.step)
    select = rules[0].select
    kind = select.kind or "air"
    if select.per == "area" and isinstance(rules[0], JudgedRule) and not rules[0].averages:
        return [Place(id=one, zh=one, en=one, kind=kind, area=one, is_area=True, kinds=(kind,)) for one in steps]
    made = [
        Place(
            id=place.id,
            zh=place.id,
            en=place.id,
            kind=kind,
            area=place.area,
            role=place.role,
            interval_seconds=(place.interval or steps.pop(place.id, timedelta(hours=1))).total_seconds(),
            limits=tuple(place.limits.items()),
            reach=Reach(**place.reach.model_dump()) if place.reach else None,
        )
        for place in scenario.places
    ]
    described = {place.id for place in scenario.places}
    role = select.roles[0] if select.roles else ""
    made.extend(
        Place(id=one, zh=one, en=one, kind=kind, area="area", role=role, interval_seconds=step.total_seconds())
        for one, step in steps.items()
        if one not in described
    )
    return made


def _samples(scenario: Scenario) -> Iterator[ScenarioSample]:
    for series in scenario.series:
        values = sent(series.values)
        first = scenario.start + series.at
        last = first + series.step * (len(values) - 1)
        made = [
            _sample(series, station, value, first + series.step * number)
            for number, value in enumerate(values)
            if value is not None
            for station in series.station
        ]
        if series.received is not None:
            made = [replace(sample, received_at=scenario.start + series.received) for sample in made]
        elif series.order != "as_measured":
            made = [replace(sample, received_at=last + series.delay) for sample in made]
        yield from reversed(made) if series.order == "reversed" else made


def _sample(series: Series, station: str, value: Sent, instant: datetime) -> ScenarioSample:
    return ScenarioSample(
        station=station,
        parameter=series.parameter,
        period=series.period,
        instant=instant,
        value=value.value,
        flag=Quality[series.flag.upper()] if value.flag is None else value.flag,
        reason=series.reason,
        received_at=instant + series.delay,
    )


def _line(*, at: timedelta, what: str, level: Level | None, subject: str, rule: str) -> str:
    return f"{_offset(at):>8}  {what} {level.value if level else '-'}  {subject}  {rule}"


def _offset(offset: timedelta) -> str:
    return f"-{durations.text(-offset)}" if offset < timedelta(0) else durations.text(offset)


def _expected_transitions(scenario: Scenario) -> Iterator[str]:
    for item in scenario.expect.transitions:
        rule = item.rule or scenario.rules[0]
        onset = "" if item.onset is None else f" (since {_offset(item.onset)})"
        yield _line(at=item.at, what=item.change.value, level=item.level, subject=item.subject, rule=rule) + onset


def _transitions(scenario: Scenario, transitions: list[Transition]) -> Iterator[str]:
    expected = scenario.expect.transitions
    for number, item in enumerate(transitions):
        asked = number < len(expected) and expected[number].onset is not None
        onset = f" (since {_offset(item.onset - scenario.start)})" if asked else ""
        at = item.instant - scenario.start
        yield _line(at=at, what=item.change.value, level=item.level, subject=item.subject, rule=item.rule) + onset


def _episode(*, onset: timedelta, ended: timedelta | None, highest: Level, subject: str, rule: str) -> str:
    until = "still open" if ended is None else f"until {_offset(ended)}"
    return _line(at=onset, what=f"episode {until}", level=highest, subject=subject, rule=rule)


def _expected_episodes(scenario: Scenario) -> list[str]:
    return sorted(
        _episode(
            onset=item.onset,
            ended=item.ended,
            highest=item.highest,
            subject=item.subject,
            rule=item.rule or scenario.rules[0],
        )
        for item in scenario.expect.episodes or ()
    )


def _episodes(scenario: Scenario, engine: Engine) -> list[str]:
    if scenario.expect.episodes is None:
        return []
    return sorted(
        _episode(
            onset=from_micros(episode.onset) - scenario.start,
            ended=None if episode.ended is None else from_micros(episode.ended) - scenario.start,
            highest=tuple(Level)[episode.highest],
            subject=subject,
            rule=rule,
        )
        for rule, subject in engine.subjects()
        for episode in engine.episodes(rule, subject)
    )
