"""Every reading gets a flag and a reason. Values are never changed and never dropped. Pure, incremental.

Checks of one series, first hit wins: the device's own mark, no value, range, future, late, constant value, unlikely,
spike, step, rate of change. What needs other series or days is `patterns`', `neighbours`' and `wholes`' matter.
A reading from the future enters no memory, so that a wrong clock can neither hide nor flag what follows.
Order does not matter to range, future and late; constant value and step are judged on readings that come in order, a
spike against the nearest earlier one. QARTOD's scale is STANDARDS 8.1, the figures shipped in
`config/parameters.yaml` are those of 8.2 (engineering defaults).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from math import inf, sqrt
from typing import NamedTuple

from ingest.catalog import Jump, Parameter, Station
from ingest.model import Flag
from ingest.series import ALWAYS, Arrival, Series

SKEW = timedelta(minutes=5)  # a device's clock may run ahead this much: NTP-less loggers drift by minutes a month

# HJ 212-2017 data marks (STANDARDS 7.3). Maintenance and calibration measure no river and no air: they fail.
# A value above the measuring range is at least as high as it says, so that it stays fit for raising: suspect.
_MARKED: Mapping[str, tuple[Flag, str]] = {
    "D": (Flag.FAIL, "mark_fault"),
    "M": (Flag.FAIL, "mark_maintenance"),
    "C": (Flag.FAIL, "mark_calibration"),
    "F": (Flag.MISSING, "mark_stopped"),
    "S": (Flag.SUSPECT, "mark_manual"),
    "T": (Flag.SUSPECT, "mark_over_range"),
    "B": (Flag.MISSING, "mark_communication"),
}

Verdict = tuple[int, str]
Judgement = tuple[Verdict, Arrival]
_PASS: Verdict = (Flag.PASS.value, "")
_NO_VALUE: Verdict = (Flag.MISSING.value, "no_value")
_RANGE: Verdict = (Flag.FAIL.value, "range")
_FUTURE: Verdict = (Flag.FAIL.value, "future")
_LATE: Verdict = (Flag.UNCHECKED.value, "late")
_UNLIKELY: Verdict = (Flag.SUSPECT.value, "unlikely")
_SPIKE: Verdict = (Flag.SUSPECT.value, "spike")
_RATE: Verdict = (Flag.SUSPECT.value, "rate")
_PASS_NEW: Judgement = (_PASS, Arrival.NEW)
_FUTURE_NEW: Judgement = (_FUTURE, Arrival.NEW)
_RANGE_NEW: Judgement = (_RANGE, Arrival.NEW)
_LATE_NEW: Judgement = (_LATE, Arrival.NEW)
_UNLIKELY_NEW: Judgement = (_UNLIKELY, Arrival.NEW)
_SPIKE_NEW: Judgement = (_SPIKE, Arrival.NEW)
_STEP_NEW: Judgement = ((Flag.SUSPECT.value, "step"), Arrival.NEW)
_RATE_NEW: Judgement = (_RATE, Arrival.NEW)
_FLAT_SUSPECT_NEW: Judgement = ((Flag.SUSPECT.value, "flat_line"), Arrival.NEW)
_FLAT_FAIL_NEW: Judgement = ((Flag.FAIL.value, "flat_line"), Arrival.NEW)
_MARK_VERDICTS: Mapping[str, Verdict] = {mark: (flag.value, reason) for mark, (flag, reason) in _MARKED.items()}
_NOTHING = frozenset(mark for mark, (flag, _) in _MARKED.items() if flag > Flag.SUSPECT)  # they measure nothing
_MICROS_AN_HOUR = 3_600_000_000
_SKEW = SKEW // timedelta(microseconds=1)
_ROOM = 0.1  # of a jump: less is soon left again [E]
_SHY = 1 - 1e-9  # of a bound that is to hold whatever way the last bit is rounded


class Reach(NamedTuple):
    """A `Jump` compiled: infinite where it is not looked for."""

    step: float = inf
    factor: float = inf
    floor: float = 0.0

    @classmethod
    def of(cls, jump: Jump | None) -> Reach:
        """What lies within it is no jump."""
        if jump is None:
            return cls()
        return cls(inf if jump.step is None else jump.step, inf if jump.factor is None else jump.factor, jump.floor)

    def near(self, low: float) -> float:
        """So close to a value of at least `low` nothing is far from it."""
        return min(self.step, _SHY * max(low, self.floor) * (1 - 1 / self.factor)) if self.factor != inf else self.step

    def highest(self, low: float) -> float:
        """Up to there nothing is far from any value of at least `low`."""
        return min(low + _SHY * self.step, max(self.floor, _SHY * self.factor * low) if self.factor != inf else inf)

    def lowest(self, high: float) -> float:
        """Down to there nothing is far from any value of at most `high`."""
        return max(
            high - _SHY * self.step, high / self.factor / _SHY if high > self.floor and self.factor != inf else -inf
        )

    def around(self, low: float, high: float) -> tuple[float, float] | None:
        """A stretch around these two in which nothing is far from anything; None where it would hardly be wider."""
        least, most = -inf, inf
        if self.factor != inf:
            if high <= self.floor:
                most = self.floor
            else:
                room = sqrt(_SHY * self.factor * low / high) if low > 0 else 0.0
                if room < 1 + _ROOM * (self.factor - 1):
                    return None
                least, most = low / room, high * room
        if self.step != inf:
            room = (_SHY * self.step - (high - low)) / 2
            if room < _ROOM * self.step:
                return None
            least, most = max(least, low - room), min(most, high + room)
        return least, most


class Rate(NamedTuple):
    """A `Jump` within an hour; `step` and `share` of the lesser value are the least an hour that can lead to it."""

    reach: Reach
    step: float
    share: float | None

    @classmethod
    def of(cls, jump: Jump) -> Rate:
        """A steady rise by `factor` adds so much of its last value, and more of those before."""
        reach = Reach.of(jump)
        return cls(reach, reach.step, None if jump.factor is None else (jump.factor - 1) / jump.factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One parameter's quality limits at one station, ready for use; times in microseconds."""

    low: float
    high: float
    usual_low: float
    usual_high: float
    flat_suspect: float
    flat_fail: float
    flat_above: float
    spike: Reach
    spike_within: int
    stays: bool  # whether staying where a spike has led to is a step
    rate: Rate | None

    @classmethod
    def of(cls, parameter: Parameter, station: Station) -> Limits:
        """What the catalogue says of that parameter at that station."""
        flat, spike = parameter.flat, parameter.spike
        return cls(
            low=parameter.low,
            high=parameter.high,
            usual_low=parameter.low if parameter.usual_low is None else parameter.usual_low,
            usual_high=parameter.high if parameter.usual_high is None else parameter.usual_high,
            flat_suspect=flat.suspect_hours * _MICROS_AN_HOUR if flat else inf,
            flat_fail=flat.fail_hours * _MICROS_AN_HOUR if flat else inf,
            flat_above=flat.above if flat and flat.above is not None else -inf,
            spike=Reach.of(spike),
            spike_within=2 * int(station.interval / timedelta(microseconds=1)),
            stays=spike is not None and spike.held == "suspect",
            rate=Rate.of(parameter.rate) if parameter.rate is not None else None,
        )


class Timing(Enum):
    """How an instant stands to the present: the same for all values of a message."""

    PRESENT = "present"
    LATE = "late"
    FUTURE = "future"


def timing(micros: int, received: int, lateness: int) -> Timing:
    """Beyond the skew it is the future; older than the allowed lateness it is late. All in microseconds."""
    if micros > received + _SKEW:
        return Timing.FUTURE
    return Timing.LATE if received - micros > lateness else Timing.PRESENT


_LATE_TIME, _FUTURE_TIME = Timing.LATE, Timing.FUTURE


def judge(  # noqa: C901, PLR0911, PLR0917  # first hit wins reads best as returns; keywords cost a tenth of the hot path
    limits: Limits, series: Series, micros: int, value: float | None, mark: str, when: Timing
) -> Judgement:
    """The flag and reason of one value, and whether it is new, a repeat or a correction. `series` takes it in."""
    if when is _FUTURE_TIME:
        return _FUTURE_NEW
    if mark != "N" or value is None or micros <= series.newest:
        return _judge_rare(limits, series, micros, value, mark, when)
    # Newer than all others and with a value, as nearly all are.
    before_at, before, constant = series.follow(micros, value)
    is_usual = limits.usual_low <= value <= limits.usual_high
    if not (is_usual or limits.low <= value <= limits.high):
        return _RANGE_NEW
    if when is _LATE_TIME:
        return _LATE_NEW
    if constant >= limits.flat_suspect and value > limits.flat_above:
        return _FLAT_FAIL_NEW if constant >= limits.flat_fail else _FLAT_SUSPECT_NEW
    if not is_usual:
        return _UNLIKELY_NEW
    if before != value and _far(limits.spike, before, value):
        if _jumps(limits, series, micros, value, before_at):
            series.jump(micros)
            return _SPIKE_NEW
    elif series.jumped == before_at and limits.stays:
        return _STEP_NEW
    if limits.rate is not None and before != value and _races(limits.rate, series, micros, value, (before_at, before)):
        return _RATE_NEW
    if not series.trusts(micros, value):
        _trust(limits, series, micros, value)
    return _PASS_NEW


def _trust(limits: Limits, series: Series, micros: int, value: float) -> None:
    """Tells a series what it may take from now on without a look at it: what `judge` could find nothing wrong with.

    Where rates are looked for, values that are not far from each other nor from what there is. Where that leaves them
    no room, what is not far from what there is, for an hour: all that is an hour old until then is here by now.
    """
    low, high, until = limits.usual_low, limits.usual_high, ALWAYS
    if limits.rate is not None:
        reach = limits.rate.reach
        least, most = series.extremes(micros - 2 * _MICROS_AN_HOUR) or (value, value)
        stretch = reach.around(least, most)
        if stretch is None:
            stretch, until = (reach.lowest(most), reach.highest(least)), micros + _MICROS_AN_HOUR
        low, high = max(low, stretch[0]), min(high, stretch[1])
    if limits.spike.factor != inf:
        low = max(low, value / 2)  # the less values may become, the nearer each other they have to be
    series.trust(low, high, limits.spike.near(low), limits.flat_suspect, until)


def _judge_rare(  # noqa: PLR0917  # as `judge`
    limits: Limits, series: Series, micros: int, value: float | None, mark: str, when: Timing
) -> Judgement:
    """Of a value that is marked, missing, a repeat, a correction or older than others."""
    arrival = series.take(micros, value)
    if arrival is Arrival.DUPLICATE:
        return _PASS, arrival
    if when is not _FUTURE_TIME:
        series.mark(micros, failed=mark in _NOTHING)
    return rejudge(limits, series, micros, value, mark, when), arrival


def rejudge(  # noqa: PLR0911, PLR0917  # as `judge`
    limits: Limits, series: Series, micros: int, value: float | None, mark: str, when: Timing
) -> Verdict:
    """The flag and reason of a value that `series` holds. A constant value is not looked for: it is not the newest."""
    if mark != "N":
        return _MARK_VERDICTS[mark]
    if value is None:
        return _NO_VALUE
    if not limits.low <= value <= limits.high:
        return _RANGE
    if when is _LATE_TIME:
        return _LATE
    if not limits.usual_low <= value <= limits.usual_high:
        return _UNLIKELY
    before = series.before(micros)
    if before is None:
        return _PASS
    if _far(limits.spike, before[1], value) and _jumps(limits, series, micros, value, before[0]):
        return _SPIKE
    return _RATE if limits.rate is not None and _races(limits.rate, series, micros, value, before) else _PASS


def _jumps(limits: Limits, series: Series, micros: int, value: float, before_at: int) -> bool:
    """Whether a value far from the reading before is a spike, not the way back from one, or from maintenance."""
    if before_at in series.marked:
        base = series.measured(before_at)
        if base is None or not _far(limits.spike, base[1], value):
            return False
        before_at = base[0]
    if micros - before_at > limits.spike_within:
        return False
    earlier = series.measured(before_at)
    return earlier is None or micros - earlier[0] > 2 * limits.spike_within or _far(limits.spike, earlier[1], value)


def _races(rate: Rate, series: Series, micros: int, value: float, before: tuple[int, float]) -> bool:
    """Whether a value moves so fast and has done so for an hour: from the reading before and from an hour ago.

    It has to be far from both of the newest that are an hour old: one of them may have been an outlier. Where readings
    come no more often than that, `spike` has looked at them.
    """
    before_at, beside = before
    if before_at in series.marked:
        return False
    less, more = (beside, value) if beside < value else (value, beside)
    # So little from the reading before that an hour of it would not be far: nearly always, and without a look back.
    pace = (more - less) * _MICROS_AN_HOUR / (micros - before_at)
    if pace <= rate.step and (rate.share is None or pace <= rate.share * less):
        return False
    reach = rate.reach
    ago = micros - _MICROS_AN_HOUR
    former = series.measured(ago + 1)
    if (
        former is None
        or former[0] >= before_at
        or ago - former[0] > _MICROS_AN_HOUR
        or not _far(reach, former[1], value)
    ):
        return False
    earlier = series.measured(former[0])
    return earlier is not None and _far(reach, earlier[1], value)


def _far(reach: Reach, before: float, value: float) -> bool:
    step, factor, floor = reach
    low, high = (before, value) if before < value else (value, before)
    if high - low > step:
        return True
    return high > floor and high > factor * max(low, 0.0)
