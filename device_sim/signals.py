"""What a place would measure: daily curve, weather, tide and noise. Pure.

A value depends on (seed, station, parameter, moment) and on nothing else, so that it is the same in whatever order the
district is asked. Units are the parameter's.
"""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from device_sim.chance import smooth, symmetric
from device_sim.periods import EPOCH
from device_sim.scenario import Signal

WEATHER_HOURS = 7.0  # between the turning points of the slow curve; own choice
TIDE_HOURS = 12.42  # the principal lunar tide


def level(
    signal: Signal, *, seed: int, station: str, area: str, parameter: str, moment: datetime, zone: ZoneInfo
) -> float:
    """The place's value at that moment: episodes come on top, then what the instrument adds (`measured`)."""
    local = moment.astimezone(zone)
    hour = local.hour + local.minute / 60
    since = (moment - EPOCH).total_seconds() / 3600
    return (
        signal.base * (1 + signal.site * symmetric(seed, station, parameter, "site"))
        + signal.daily * math.cos((hour - signal.peak_hour) * math.pi / 12)
        # One weather over the whole area, and a little of each station's own.
        + signal.weather * 0.8 * smooth(since / WEATHER_HOURS, seed, area, parameter)
        + signal.weather * 0.2 * smooth(since / WEATHER_HOURS, seed, station, parameter)
        + signal.tide * math.cos(since / TIDE_HOURS * 2 * math.pi)
    )


def measured(signal: Signal, value: float, *, seed: int, station: str, parameter: str, moment: datetime) -> float:
    """What an instrument says of that value: with its noise, within floor and ceiling.

    Near a bound the noise turns inwards instead of being cut: an analyser at its floor flickers, and one that does
    not would rightly be taken for a stuck one.
    """
    noise = signal.noise * symmetric(seed, station, parameter, round((moment - EPOCH).total_seconds()))
    if signal.floor is not None:
        value = max(value, signal.floor)
        noise = abs(noise) if value + noise < signal.floor else noise
    if signal.ceiling is not None:
        value = min(value, signal.ceiling)
        noise = -abs(noise) if value + noise > signal.ceiling else noise
    return value + noise
