"""Scenario files: series in, expected transitions and episodes out. Every shipped rule has at least one.

Values are written compactly, one token an instant: `12.5`, `12.5*6` (six times), `10..40*4` (four values in equal
steps), `_` (nothing is sent), `null` (sent as missing); a trailing `~` makes it suspect, `!` failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from alerts.documents import check, read
from alerts.durations import Duration
from alerts.errors import ConfigurationError, Problem
from alerts.model import Change, Level, Quality
from alerts.rules import Rule
from alerts.rules.rule import Names

_TOKEN = re.compile(r"(?:(_)|(null)|(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?)(?:\*(\d+))?([~!])?")
_MARKS = {None: None, "~": Quality.SUSPECT, "!": Quality.FAIL}


class Sent(NamedTuple):
    """What is sent for one instant; `flag` None means the series' own."""

    value: float | None
    flag: Quality | None


def sent(text: str) -> list[Sent | None]:
    """The values of a series, None where nothing is sent. Raises `ValueError` with the token that is not understood."""
    found: list[Sent | None] = []
    for token in text.split():
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError(f"not understood: {token!r}")
        nothing, null, first, last, times, mark = match.groups()
        count = int(times or 1)
        if last is not None and count < 2:  # noqa: PLR2004  two ends
            raise ValueError(f"a ramp needs at least two values: {token!r} (write {token}*2)")
        for number in range(count):
            if nothing:
                found.append(None)
            elif null:
                found.append(Sent(None, Quality.MISSING))
            else:
                start, end = float(first), float(first if last is None else last)
                share = number / (count - 1) if count > 1 else 0.0
                found.append(Sent(round(start + (end - start) * share, 6), _MARKS[mark]))
    return found


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ScenarioReach(_Entry):
    """The way from an upstream monitor to the intake: km, and m/s at the slowest and the fastest."""

    intake: str
    distance_km: float = Field(gt=0)
    slow: float = Field(gt=0)
    fast: float = Field(gt=0)
    gauge: str = ""  # the station that measures `velocity`


class ScenarioPlace(_Entry):
    """A station of the scenario, where it needs more than the default: area, role, permit limits, way to the intake."""

    id: str
    area: str = "area"
    role: str = ""
    interval: Duration | None = None  # default: the step of its first series
    limits: Mapping[str, float] = Field(default_factory=dict)
    reach: ScenarioReach | None = None


class Series(_Entry):
    """Samples of one parameter at one or several stations.

    `at` is the offset of the first instant from the start. Each is received `delay` after its instant; with `order`
    `together` all are received with the last one, with `reversed` so and newest first. With `received`, all are
    received at that offset from the start, even where that is before their instants.
    """

    station: Names = Field(min_length=1)
    parameter: str
    period: str
    at: Duration = timedelta(0)
    step: Duration = Field(gt=timedelta(0))
    values: str
    flag: Literal["pass", "unchecked", "suspect", "fail"] = "pass"
    reason: str = ""
    delay: Duration = timedelta(0)
    received: Duration | None = None
    order: Literal["as_measured", "together", "reversed"] = "as_measured"

    @field_validator("values", mode="before")
    @classmethod
    def _text(cls, given: object) -> object:
        return str(given) if isinstance(given, int | float) else given

    @field_validator("values")
    @classmethod
    def _understood(cls, given: str) -> str:
        sent(given)
        return given


class ExpectedTransition(_Entry):
    """A transition; its instant and (where given) its onset are offsets from the start."""

    at: Duration
    change: Change
    level: Level | None = None
    subject: str
    rule: str = ""
    onset: Duration | None = None


class ExpectedEpisode(_Entry):
    """An episode that the samples as a whole contain; without `ended` it is still open."""

    subject: str
    onset: Duration
    ended: Duration | None = None
    highest: Level
    rule: str = ""


class Expected(_Entry):
    """All transitions, in order; all episodes of the rules' subjects, unless left out."""

    transitions: tuple[ExpectedTransition, ...]
    episodes: tuple[ExpectedEpisode, ...] | None = None


class Scenario(_Entry):
    """One story. `until` is how far the clock goes on after the last sample was received."""

    name: str = Field(min_length=1)
    rules: Annotated[Names, Field(min_length=1)]
    start: AwareDatetime
    places: tuple[ScenarioPlace, ...] = ()
    series: tuple[Series, ...] = Field(min_length=1)
    until: Duration = timedelta(0)
    expect: Expected

    @model_validator(mode="after")
    def _rule_is_clear(self) -> Self:
        named = [item.rule for item in self.expect.transitions] + [item.rule for item in self.expect.episodes or ()]
        if len(self.rules) > 1 and not all(named):
            raise ValueError("with several rules each expected transition and episode names its rule")
        return self


class ScenarioFile(_Entry):
    scenarios: tuple[Scenario, ...] = Field(min_length=1)


def load_scenarios(files: Iterable[Path], *, rules: Mapping[str, Rule]) -> dict[Path, tuple[Scenario, ...]]:
    """All scenarios by file. Raises `ConfigurationError` with every problem of every file."""
    found: dict[Path, tuple[Scenario, ...]] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            document = read(file)
            scenarios = found[file] = check(document, ScenarioFile).scenarios
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        problems.extend(
            document.problem(("scenarios", number, "rules"), f"no rule {rule!r}")
            for number, scenario in enumerate(scenarios)
            for rule in scenario.rules
            if rule not in rules
        )
    if problems:
        raise ConfigurationError(problems)
    return found


def without_scenario(rules: Iterable[Rule], scenarios: Iterable[Scenario]) -> list[str]:
    """The rule entries that no scenario speaks of; one of the rules an entry expands to is enough."""
    spoken_of = {rule for scenario in scenarios for rule in scenario.rules}
    rules = tuple(rules)
    covered = {rule.entry for rule in rules if rule.id in spoken_of}
    return sorted({rule.entry for rule in rules} - covered)
