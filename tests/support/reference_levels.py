"""Levels over values, the naive way: at each value, by going back over all of them since the level last switched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from alerts.model import Level
from tests.support.reference_values import Value, exact, length


@dataclass(frozen=True, slots=True)
class Comparator:
    """One condition as written; `over` and `under` say which numbers raise and which lift."""

    over: Callable[[Fraction], bool]
    under: Callable[[Fraction], bool]
    for_: timedelta
    samples: int
    lift_for: timedelta
    lift_samples: int
    max_gap: timedelta

    def onsets(self, values: Sequence[Value]) -> list[datetime | None]:
        """After each value: since when the condition holds; None while it does not."""
        found: list[datetime | None] = []
        onset: datetime | None = None
        fresh = 0  # the first value after the last switch: none before it counts again
        for end in range(1, len(values) + 1):
            since = values[fresh:end]
            if onset is None:
                onset = self._raised(since)
                fresh = end if onset else fresh
            elif self._lifted(since):
                onset, fresh = None, end
            found.append(onset)
        return found

    def _raised(self, values: Sequence[Value]) -> datetime | None:
        """Values not accepted to raise are as if they were not there. A gap restarts the dwell, not the count."""
        row = _trailing([one for one in values if one.raises], lambda one: self.over(one.number))
        if len(row) < self.samples or not values[-1].raises:
            return None
        held = _after_gap(row, self.max_gap)
        return held[0].instant if held[-1].instant - held[0].instant >= self.for_ else None

    def _lifted(self, values: Sequence[Value]) -> bool:
        """Only values accepted to lift count. A gap restarts dwell and count.

        One accepted only to raise breaks the row where it is not below `lift`, and else is as if it were not there
        (the specification is silent: it is evidence against lifting, and none for it).
        """
        seen = [one for one in values if one.lifts or not self.under(one.number)]
        row = _after_gap(_trailing(seen, lambda one: self.under(one.number)), self.max_gap)
        return values[-1].lifts and len(row) >= self.lift_samples and row[-1].instant - row[0].instant >= self.lift_for


def _trailing(values: Sequence[Value], true: Callable[[Value], bool]) -> list[Value]:
    """The row of values at the end for which it is true."""
    row: list[Value] = []
    for one in reversed(values):
        if not true(one):
            break
        row.insert(0, one)
    return row


def _after_gap(row: list[Value], max_gap: timedelta) -> list[Value]:
    """What follows the last gap in a row."""
    gaps = [n for n, (a, b) in enumerate(pairwise(row), start=1) if b.instant - a.instant > max_gap]
    return row[gaps[-1] :] if gaps else row


def levels_of(settings: Mapping[str, Any]) -> dict[Level, Mapping[str, Any]]:
    """The conditions of each level, as a file writes them."""
    if settings["kind"] != "quality":
        return {Level(name): conditions for name, conditions in settings["levels"].items()}
    samples = settings.get("samples", 3)
    condition = {"raise": 1, "samples": samples, "lift_samples": settings.get("lift_samples", samples)}
    return {Level(settings.get("level", "blue")): condition}


def level_onsets(
    settings: Mapping[str, Any], conditions: Mapping[str, Any], values: Sequence[Value], step: timedelta
) -> list[datetime | None]:
    """Since when a level holds: any of several since its first, all of them since their last, either the earlier."""
    if "any_of" in conditions and "all_of" in conditions:
        either = [level_onsets(settings, {key: conditions[key]}, values, step) for key in ("any_of", "all_of")]
        return [min((one for one in both if one is not None), default=None) for both in zip(*either, strict=True)]
    if "any_of" in conditions or "all_of" in conditions:
        several = conditions.get("any_of") or conditions["all_of"]
        columns = [level_onsets(settings, one, values, step) for one in several]
        found: list[datetime | None] = []
        for onsets in zip(*columns, strict=True):
            up = [onset for onset in onsets if onset is not None]
            enough = up if "any_of" in conditions else len(up) == len(several)
            found.append((min if "any_of" in conditions else max)(up) if enough else None)
        return found
    return _comparator(settings, conditions, step).onsets(values)


def _comparator(settings: Mapping[str, Any], condition: Mapping[str, Any], step: timedelta) -> Comparator:
    """Strict: above `raise` raises, at or below `lift` lifts. Inclusive: at `raise` raises, only below `lift` lifts."""
    quality = settings["kind"] == "quality"
    sign = -1 if settings["kind"] == "threshold" and settings.get("direction") == "below" else 1
    raise_, lift = (sign * exact(condition.get(key, condition["raise"])) for key in ("raise", "lift"))
    inclusive = quality or settings.get("inclusive", False)
    return Comparator(
        over=lambda number: sign * number >= raise_ if inclusive else sign * number > raise_,
        under=lambda number: sign * number < lift if inclusive else sign * number <= lift,
        for_=length(condition.get("for")),
        samples=condition.get("samples", 1),
        lift_for=length(condition.get("lift_for")),
        lift_samples=condition.get("lift_samples", 1),
        max_gap=length(settings["max_gap"]) if "max_gap" in settings else 3 * step,
    )
