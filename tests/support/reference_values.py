"""What a rule compares, worked out the naive way from everything that came: exact fractions, nothing remembered.

Written from the rules' documented meaning alone, without a look at the evaluation it judges. Where that meaning is
silent, the choice stands in the docstring that makes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from alerts.durations import parse, period_length
from alerts.model import Place, Quality, Sample

SKEW = timedelta(minutes=5)
FLAGS = {flag.name.lower(): flag.value for flag in Quality}
GOOD = ("pass", "unchecked")


@dataclass(frozen=True, slots=True)
class Value:
    """A number at an instant, and what it is good enough for."""

    instant: datetime
    number: Fraction
    raises: bool
    lifts: bool


def exact(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(str(number))


def length(given: Any, default: str = "0s") -> timedelta:
    """A duration of a rule's settings."""
    duration: timedelta = parse(given if given is not None else default)
    return duration


def what_stands(arrivals: Iterable[tuple[datetime, Sample]]) -> dict[str, dict[datetime, Sample]]:
    """By station and instant, the sample that counts, from (now, sample) in order of arrival.

    The same value again changes nothing, whatever else came with it; another value is a correction. Whatever lies
    further ahead than the skew is ignored.
    """
    standing: dict[str, dict[datetime, Sample]] = {}
    for now, sample in arrivals:
        if sample.instant > now + SKEW:
            continue
        station = standing.setdefault(sample.station, {})
        before = station.get(sample.instant)
        if before is None or before.value != sample.value:
            station[sample.instant] = sample
    return standing


def step_of(settings: Mapping[str, Any], place: Place) -> timedelta:
    """From one sample to the next."""
    return max(timedelta(seconds=place.interval_seconds), period_length(settings["select"]["period"]))


def values_of(
    settings: Mapping[str, Any], places: Sequence[Place], arrivals: Sequence[tuple[datetime, Sample]]
) -> list[Value]:
    """What the levels compare, by instant; `places` are the subject's stations."""
    standing = what_stands(arrivals)
    if settings["kind"] == "quality":
        return _marks(settings, _in_order(standing[places[0].id])) if places[0].id in standing else []
    if settings["select"].get("per") == "area":
        plain = _area(settings, places, standing)
    else:
        plain = [_value(settings, sample) for sample in _in_order(standing.get(places[0].id, {}))]
    plain = [value for value in plain if value.raises or value.lifts]
    raising = [value for value in plain if value.raises]  # windows see nothing else (the specification is silent)
    what = settings.get("value", {})
    if settings["kind"] == "rate":
        return _changes(settings, raising)
    if what.get("mean"):
        return _means(length(what["mean"]["over"]), what["mean"]["at_least"], raising)
    if what.get("of_limit"):
        limit = exact(dict(places[0].limits)[settings["select"]["parameter"]])
        return [Value(one.instant, one.number / limit, one.raises, one.lifts) for one in plain]
    return plain


def _in_order(samples: Mapping[datetime, Sample]) -> list[Sample]:
    return [samples[instant] for instant in sorted(samples)]


def _good_for(settings: Mapping[str, Any], flag: int) -> tuple[bool, bool]:
    return tuple(  # type: ignore[return-value]  # two keys make two
        flag in {FLAGS[name] for name in settings.get(key, GOOD)} for key in ("accept", "accept_to_lift")
    )


def _value(settings: Mapping[str, Any], sample: Sample) -> Value:
    if sample.value is None:
        return Value(sample.instant, Fraction(0), raises=False, lifts=False)
    raises, lifts = _good_for(settings, sample.flag)
    return Value(sample.instant, exact(sample.value), raises, lifts)


def _together(instant: datetime, number: Fraction, parts: Sequence[Value]) -> Value:
    """What is worked out of several is as doubtful as its worst part (the specification is silent)."""
    return Value(instant, number, all(one.raises for one in parts), all(one.lifts for one in parts))


def _means(over: timedelta, at_least: int, values: Sequence[Value]) -> list[Value]:
    """Of those in (t - over, t]; no value with fewer than `at_least`."""
    found = []
    for last in values:
        window = [one for one in values if last.instant - over < one.instant <= last.instant]
        if len(window) >= at_least:
            found.append(
                _together(last.instant, sum((one.number for one in window), Fraction(0)) / len(window), window)
            )
    return found


def _changes(settings: Mapping[str, Any], values: Sequence[Value]) -> list[Value]:
    """Since the oldest in [t - over, t). A percentage of nothing is no value (silent in the specification)."""
    over, direction = length(settings["over"]), settings.get("direction", "either")
    found = []
    for last in values:
        before = [one for one in values if last.instant - over <= one.instant < last.instant]
        if not before:
            continue
        change = last.number - before[0].number
        if settings.get("percent"):
            if before[0].number == 0:
                continue
            change = 100 * change / abs(before[0].number)
        size = {"rise": change, "fall": -change, "either": abs(change)}[direction]
        found.append(_together(last.instant, size, [before[0], last]))
    return found


def _area(
    settings: Mapping[str, Any], places: Sequence[Place], standing: Mapping[str, Mapping[datetime, Sample]]
) -> list[Value]:
    """Mean over the stations at each instant with enough of them; the newest waits until each has spoken for it.

    Of the values accepted to raise; those accepted only to lift are not in it (the specification is silent).
    """
    need = math.ceil(exact(settings.get("coverage", 0.75)) * len(places))
    instants = sorted({instant for samples in standing.values() for instant in samples})
    found = []
    for instant in instants:
        spoken = [standing[place.id][instant] for place in places if instant in standing.get(place.id, {})]
        values = [value for value in (_value(settings, one) for one in spoken) if value.raises]
        settled = instant < instants[-1] or len(spoken) == len(places)
        if settled and values and len(values) >= need:
            found.append(_together(instant, sum((one.number for one in values), Fraction(0)) / len(values), values))
    return found


def _marks(settings: Mapping[str, Any], samples: Sequence[Sample]) -> list[Value]:
    """1 with one of the reasons, whatever the flag; 0 without it, where the flag is accepted to lift."""
    reasons = settings["reasons"]
    found = []
    for sample in samples:
        if sample.reason in ((reasons,) if isinstance(reasons, str) else reasons):
            found.append(Value(sample.instant, Fraction(1), raises=True, lifts=True))
        elif _good_for(settings, sample.flag)[1]:
            found.append(Value(sample.instant, Fraction(0), raises=True, lifts=True))
    return found
