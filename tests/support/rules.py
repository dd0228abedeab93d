"""Builders for tests of the alerts core: samples, places and rules with defaults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from alerts.engine import Engine
from alerts.model import Change, Evidence, Level, Place, Transition
from alerts.rules import AnyRule, Rule

T0 = datetime(2026, 4, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
CONFIG = Path(__file__).resolve().parents[2] / "config"

_RULES: TypeAdapter[Rule] = TypeAdapter(AnyRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class ASample:
    """A sample with defaults: nh3_n of `s1` at T0, received a second later."""

    station: str = "s1"
    parameter: str = "nh3_n"
    period: str = "5m"
    instant: datetime = T0
    value: float | None = 0.2
    flag: int = 1
    reason: str = ""
    received_at: datetime = T0 + timedelta(seconds=1)


def at(minutes: float) -> datetime:
    """T0 and some minutes."""
    return T0 + timedelta(minutes=minutes)


def series(
    values: Sequence[float | None], *, step: timedelta = STEP, start: datetime = T0, **given: Any
) -> list[ASample]:
    """One sample a step."""
    return [
        ASample(instant=start + step * n, value=value, received_at=start + step * n + timedelta(seconds=1), **given)
        for n, value in enumerate(values)
    ]


def a_place(id_: str = "s1", **given: Any) -> Place:
    """A water-source monitor that sends every five minutes."""
    settings: dict[str, Any] = {
        "zh": id_,
        "en": id_,
        "kind": "source",
        "area": "north",
        "role": "upstream",
        "interval_seconds": 300.0,
    }
    return Place(id=id_, **{**settings, **given})


def a_rule(**given: Any) -> Rule:
    """A threshold on nh3_n: orange above 1.0 mg/L, at once."""
    settings: dict[str, Any] = {
        "id": "r1",
        "kind": "threshold",
        "type": "water_source",
        "name": {"zh": "氨氮", "en": "ammonia"},
        "source": "a test",
        "select": {"kind": "source", "parameter": "nh3_n", "period": "5m"},
        "unit": "mg/L",
        "levels": {"orange": {"raise": 1.0}},
    }
    settings.update(given)
    if settings["kind"] in {"absence", "quality"}:
        settings.pop("levels")
    if settings["kind"] == "absence":
        settings.pop("unit")
    return _RULES.validate_python(settings)


def an_engine(*rules: Rule, places: Iterable[Place] | None = None) -> Engine:
    """An engine that listens since T0."""
    engine = Engine(rules=rules or (a_rule(),), places=tuple(places) if places is not None else (a_place(),))
    engine.advance(T0)
    return engine


def fed(engine: Engine, samples: Iterable[ASample]) -> list[Transition]:
    """Feeds each sample when it is received."""
    found: list[Transition] = []
    for sample in samples:
        found.extend(engine.feed([sample], sample.received_at))
    return found


def told(transitions: Iterable[Transition]) -> list[tuple[str, str | None, float]]:
    """(change, level, minutes since T0) of each."""
    return [
        (one.change.value, one.level and one.level.value, (one.instant - T0).total_seconds() / 60)
        for one in transitions
    ]


def a_transition(change: Change = Change.RAISED, level: Level | None = Level.ORANGE, **given: Any) -> Transition:
    """A change of rule r1 at s1."""
    settings: dict[str, Any] = {
        "rule": "r1",
        "subject": "s1",
        "parameter": "nh3_n",
        "instant": T0,
        "onset": T0,
        "noticed_at": given.get("instant", T0) + timedelta(seconds=1),
        "evidence": Evidence(rule_hash="0" * 12, inequality="nh3_n 1.2 > 1 mg/L"),
    }
    return Transition(change=change, level=level, **{**settings, **given})
