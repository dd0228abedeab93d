"""The change detector, and what it is measured against: scores of every parameter at every row.

Each method has a few settings to choose from; which one is used is decided on the first half alone. None learns from
a row before it has scored it. A row without a value scores 0.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import hypot, isnan, sqrt
from typing import Any, NamedTuple

from alerts.deviation import HOUR, Deviation, Habit, joint
from alerts.windows import TO_LIFT, TO_RAISE
from tests.skill.recordings import Column, Recording

Scores = Mapping[str, Sequence[float]]  # by subject
_BOTH = TO_RAISE | TO_LIFT


class Method(NamedTuple):
    """What a method is called, and its settings by what they say."""

    name: str
    settings: Mapping[str, Callable[[Recording], Scores]]


def detector(habits: Mapping[str, Mapping[str, Any]]) -> Method:
    """`alerts.deviation`; the station as a whole by the norm, a parameter as the others agree with it."""

    def scorer(habit: Mapping[str, Any]) -> Callable[[Recording], Scores]:
        return lambda recording: _deviations(recording, habit)

    return Method("robust change", {said: scorer(habit) for said, habit in habits.items()})


def thresholds() -> Method:
    """Fixed limits a parameter: a band about what the unlabelled first half had. Its width is what is swept."""
    shares = (0.001, 0.005, 0.025)

    def scorer(share: float) -> Callable[[Recording], Scores]:
        return lambda recording: _by_parameter(recording, lambda name: _band(recording, name, share))

    return Method(
        "fixed thresholds", {f"band of the middle {100 - 200 * share:g} %": scorer(share) for share in shares}
    )


def z_scores(windows: Mapping[str, int]) -> Method:
    """Distance from the mean of the last rows in their standard deviations; or of the unlabelled first half's."""

    def scorer(window: int) -> Callable[[Recording], Scores]:
        def of(recording: Recording) -> Scores:
            return _by_parameter(recording, lambda name: _rolling_z(recording, name, window))

        return of

    moving = {f"of the last {said}": scorer(window) for said, window in windows.items()}
    return Method(
        "z-score", {**moving, "of the first half": lambda of: _by_parameter(of, lambda name: _fixed_z(of, name))}
    )


def _deviations(recording: Recording, habit: Mapping[str, Any]) -> Scores:
    lenses = {name: Deviation(habit=Habit(floor=floor, **habit)) for name, floor in recording.steps.items()}
    found: dict[str, list[float]] = {subject: [] for subject in recording.events}
    for row, instant in enumerate(recording.instants):
        scores = dict.fromkeys(lenses, 0.0)
        for name, lens in lenses.items():
            value = recording.columns[name][row]
            seen = None if isnan(value) else lens.see(instant, value, _BOTH)
            if seen is not None:
                scores[name] = seen[0]
        together = joint(scores)
        for subject, column in found.items():
            column.append(together.agreed[subject] if subject else together.score)
    return found


def _by_parameter(recording: Recording, of: Callable[[str], Sequence[float]]) -> Scores:
    """The station as a whole is as unusual as its most unusual parameter."""
    if recording.events.keys() == {""}:
        return {"": [max(row) for row in zip(*(of(name) for name in recording.columns), strict=True)]}
    return {name: of(name) for name in recording.events}


def _band(recording: Recording, name: str, share: float) -> list[float]:
    ordered = sorted(_normal(recording, name))
    low, high = ordered[int(share * len(ordered))], ordered[int((1 - share) * len(ordered))]
    middle, reach = (low + high) / 2, max((high - low) / 2, recording.steps[name])
    return [0.0 if isnan(value) else abs(value - middle) / reach for value in recording.columns[name]]


def _fixed_z(recording: Recording, name: str) -> list[float]:
    normal = _normal(recording, name)
    mean = sum(normal) / len(normal)
    spread = max(sqrt(sum((value - mean) ** 2 for value in normal) / len(normal)), recording.steps[name])
    return [0.0 if isnan(value) else abs(value - mean) / spread for value in recording.columns[name]]


def _rolling_z(recording: Recording, name: str, window: int) -> list[float]:
    return [*_rolling(recording.columns[name], window, recording.steps[name])]


def _rolling(column: Column, window: int, floor: float) -> Iterator[float]:
    """Sums are taken of differences from the first value, so that nothing is lost to its size."""
    past: deque[float] = deque()
    total = squares = 0.0
    origin: float | None = None
    for value in column:
        if isnan(value):
            yield 0.0
            continue
        origin = value if origin is None else origin
        given = value - origin
        if len(past) < window:
            yield 0.0
        else:
            mean = total / window
            spread = hypot(sqrt(max(squares / window - mean * mean, 0.0)), 0.0)
            yield abs(given - mean) / max(spread, floor)
            gone = past.popleft()
            total -= gone
            squares -= gone * gone
        past.append(given)
        total += given
        squares += given * given


def _normal(recording: Recording, name: str) -> list[float]:
    """Values of the first half that nobody labelled."""
    labelled = recording.labelled.get(name) or recording.labelled[""]
    half = recording.half
    pairs = zip(recording.columns[name][:half], labelled[:half], strict=True)
    return [value for value, is_labelled in pairs if not is_labelled and not isnan(value)]


BY_THE_MINUTE = {
    f"{over} h, {recent} newest": {"over": over * HOUR, "recent": recent, "at_least": 30}
    for over, recent in ((1, 5), (1, 7), (2, 7))
}
_BY_DAYS = {"recent": 1, "at_least": 3, "block": 24 * HOUR, "learn": 8}
_BY_WEEKS = {"recent": 1, "at_least": 3, "block": 7 * 24 * HOUR, "learn": 3}
BY_THE_QUARTER: Mapping[str, Mapping[str, Any]] = {
    **{f"{over} h, the newest": {**_BY_DAYS, "over": over * HOUR} for over in (1, 2)},
    # found on the first half: more at few alarms
    "1 h, the newest, restlessness followed faster": {**_BY_DAYS, "over": HOUR, "stride": 0.2, "quantile": 0.97},
    "1 h, the newest, restlessness followed faster, usual by the week": {**_BY_WEEKS, "over": HOUR, "stride": 0.4},
}
