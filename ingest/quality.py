"""Every reading gets a flag and a reason. Values are never changed and never dropped. Pure, incremental.

Checks, first hit wins: the device's own mark, no value, range, future, late, constant value, spike.
A reading from the future enters no memory, so that a wrong clock can neither hide nor flag what follows.
Order does not matter to range, future and late; constant value is judged on readings that come in order,
a spike against the nearest earlier one. QARTOD's scale is STANDARDS 8.1, the figures
shipped in `config/parameters.yaml` are those of 8.2 (engineering defaults).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import inf

from ingest.catalog import Parameter, Station
from ingest.model import Flag
from ingest.series import Arrival, Series

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
_SPIKE: Verdict = (Flag.SUSPECT.value, "spike")
_PASS_NEW: Judgement = (_PASS, Arrival.NEW)
_FUTURE_NEW: Judgement = (_FUTURE, Arrival.NEW)
_RANGE_NEW: Judgement = (_RANGE, Arrival.NEW)
_LATE_NEW: Judgement = (_LATE, Arrival.NEW)
_SPIKE_NEW: Judgement = (_SPIKE, Arrival.NEW)
_FLAT_SUSPECT_NEW: Judgement = ((Flag.SUSPECT.value, "flat_line"), Arrival.NEW)
_FLAT_FAIL_NEW: Judgement = ((Flag.FAIL.value, "flat_line"), Arrival.NEW)
_MARK_VERDICTS: Mapping[str, Verdict] = {mark: (flag.value, reason) for mark, (flag, reason) in _MARKED.items()}
_MICROS_AN_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One parameter's quality limits at one station, ready for use; times in microseconds."""

    low: float
    high: float
    flat_suspect: float
    flat_fail: float
    flat_above: float
    step: float  # infinite, as is `factor`, where no such spike is looked for
    factor: float
    floor: float
    spike_within: int

    @classmethod
    def of(cls, parameter: Parameter, station: Station) -> Limits:
        """What the catalogue says of that parameter at that station."""
        flat, spike = parameter.flat, parameter.spike
        return cls(
            low=parameter.low,
            high=parameter.high,
            flat_suspect=flat.suspect_hours * _MICROS_AN_HOUR if flat else inf,
            flat_fail=flat.fail_hours * _MICROS_AN_HOUR if flat else inf,
            flat_above=flat.above if flat and flat.above is not None else -inf,
            step=spike.step if spike and spike.step is not None else inf,
            factor=spike.factor if spike and spike.factor is not None else inf,
            floor=spike.floor if spike else 0.0,
            spike_within=2 * int(station.interval / timedelta(microseconds=1)),
        )


class Timing(Enum):
    """How an instant stands to the present: the same for all values of a message."""

    PRESENT = "present"
    LATE = "late"
    FUTURE = "future"


def timing(instant: datetime, now: datetime, lateness: timedelta) -> Timing:
    """Beyond the skew it is the future; older than the allowed lateness it is late."""
    if instant > now + SKEW:
        return Timing.FUTURE
    return Timing.LATE if now - instant > lateness else Timing.PRESENT


_LATE_TIME, _FUTURE_TIME = Timing.LATE, Timing.FUTURE


def judge(  # noqa: PLR0911, PLR0917  # first hit wins reads best as returns; keywords cost a tenth of the hot path
    limits: Limits, series: Series, micros: int, value: float | None, mark: str, when: Timing
) -> Judgement:
    """The flag and reason of one value, and whether it is new, a repeat or a correction. `series` takes it in."""
    if when is _FUTURE_TIME:
        return _FUTURE_NEW
    if mark != "N" or value is None or micros <= series.newest:
        return _judge_rare(limits, series, micros, value, mark, when)
    # Newer than all others and with a value, as nearly all are.
    before_at, before, constant = series.follow(micros, value)
    if not limits.low <= value <= limits.high:
        return _RANGE_NEW
    if when is _LATE_TIME:
        return _LATE_NEW
    if constant >= limits.flat_suspect and value > limits.flat_above:
        return _FLAT_FAIL_NEW if constant >= limits.flat_fail else _FLAT_SUSPECT_NEW
    if before != value and _far(limits, before, value) and _jumps(limits, series, micros, value, before_at):
        return _SPIKE_NEW
    return _PASS_NEW


def _judge_rare(  # noqa: PLR0917  # as `judge`
    limits: Limits, series: Series, micros: int, value: float | None, mark: str, when: Timing
) -> Judgement:
    """Of a value that is marked, missing, a repeat, a correction or older than others."""
    arrival = series.take(micros, value)
    if arrival is Arrival.DUPLICATE:
        return _PASS, arrival
    return rejudge(limits, series, micros, value, mark, when), arrival


def rejudge(  # noqa: PLR0917  # as `judge`
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
    before = series.before(micros)
    if before is not None and _far(limits, before[1], value) and _jumps(limits, series, micros, value, before[0]):
        return _SPIKE
    return _PASS


def _jumps(limits: Limits, series: Series, micros: int, value: float, before_at: int) -> bool:
    """Whether a value far from the reading before is a spike, not the way back from one."""
    if micros - before_at > limits.spike_within:
        return False
    earlier = series.before(before_at)
    return earlier is None or micros - earlier[0] > 2 * limits.spike_within or _far(limits, earlier[1], value)


def _far(limits: Limits, before: float, value: float) -> bool:
    low, high = (before, value) if before < value else (value, before)
    if high - low > limits.step:
        return True
    return high > limits.floor and high > limits.factor * max(low, 0.0)
