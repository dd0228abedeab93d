"""Devices that fail: what a broken sensor makes of the true value, and whether a station speaks at all. Pure.

What can go wrong with a message on its way is `mischief`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from device_sim.scenario import Drift, Fault, Marked, Silent, Skew, Spike, Stuck

DAY = timedelta(days=1)


def active(fault: Fault, since: timedelta) -> bool:
    """Whether it holds `since` after T0; `begins` belongs to it, `ends` does not."""
    return fault.begins <= since and (fault.ends is None or since < fault.ends)


def silent(faults: Sequence[Fault], station: str, since: timedelta) -> bool:
    """Whether the station sends nothing then."""
    return any(isinstance(fault, Silent) and fault.station == station and active(fault, since) for fault in faults)


def skew(faults: Sequence[Fault], station: str, since: timedelta) -> timedelta:
    """How far the station's clock is off."""
    return sum(
        (fault.by for fault in faults if isinstance(fault, Skew) and fault.station == station and active(fault, since)),
        timedelta(0),
    )


def seen_at(faults: Sequence[Fault], station: str, parameter: str, since: timedelta) -> timedelta:
    """The moment whose value the sensor says: an earlier one while it is stuck."""
    for fault in faults:
        here = isinstance(fault, Stuck) and (fault.station, fault.parameter) == (station, parameter)
        if here and active(fault, since):
            return fault.begins
    return since


def distorted(faults: Sequence[Fault], station: str, parameter: str, since: timedelta, value: float) -> float:
    """What drift and spikes make of the value."""
    for fault in faults:
        match fault:
            case Drift() if (fault.station, fault.parameter) == (station, parameter) and active(fault, since):
                value += fault.per_day * ((since - fault.begins) / DAY)
            case Spike() if (fault.station, fault.parameter) == (station, parameter) and active(fault, since):
                value *= fault.factor
            case _:
                pass
    return value


def mark(faults: Sequence[Fault], station: str, parameter: str, since: timedelta) -> str | None:
    """The mark the device puts on that value; None where there is nothing to remark."""
    marking = (fault for fault in faults if isinstance(fault, Marked) and fault.station == station)
    return next((one.mark for one in marking if one.parameter in {None, parameter} and active(one, since)), None)
