"""The simulator's settings: `config/simulator.yaml` as a model. Pure.

Answers for the shape only; what episodes and faults do is theirs. Moments are relative to T0, the start of the live
part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from device_sim.periods import Period
from ingest.catalog import duration


def _signed(given: Any) -> Any:
    if isinstance(given, str) and given.startswith("-"):
        length = duration(given[1:])
        return -length if isinstance(length, timedelta) else given
    return duration(given)


StationKind = Literal["air", "source", "outfall"]
Offset = Annotated[timedelta, BeforeValidator(_signed)]
Length = Annotated[timedelta, BeforeValidator(duration), Field(gt=timedelta(0))]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Signal(_Settings):
    """How one parameter behaves; amplitudes in its unit."""

    base: float
    daily: float = 0
    peak_hour: float = Field(default=14, ge=0, lt=24)
    weather: float = 0
    tide: float = 0
    noise: float = 0
    site: float = Field(default=0, ge=0, lt=1)  # how much stations differ, as a share of base
    floor: float | None = None
    ceiling: float | None = None


class Haze(_Settings):
    """Over a whole area: grows from `begins` to `full`, shrinks from `eases` to `ends`."""

    kind: Literal["haze"]
    area: str
    begins: Offset
    full: Offset
    eases: Offset
    ends: Offset
    adds: Mapping[str, float]


class Exceedance(_Settings):
    """The same at one station."""

    kind: Literal["exceedance"]
    station: str
    begins: Offset
    full: Offset
    eases: Offset
    ends: Offset
    adds: Mapping[str, float]


class Spill(_Settings):
    """A slug that starts at a monitor and travels down to the others of the same intake.

    `velocity` m/s; `dilution` is the share lost on each kilometre.
    """

    kind: Literal["spill"]
    at: str
    begins: Offset
    rise: Length
    lasts: Length
    fall: Length
    velocity: float = Field(gt=0)
    dilution: float = Field(default=0, ge=0, lt=1)
    adds: Mapping[str, float]


class Stuck(_Settings):
    """A sensor goes on saying what it said at `begins`."""

    kind: Literal["stuck"]
    station: str
    parameter: str
    begins: Offset
    ends: Offset | None = None


class Silent(_Settings):
    """A station sends nothing."""

    kind: Literal["silent"]
    station: str
    begins: Offset
    ends: Offset | None = None


class Drift(_Settings):
    """A sensor wanders off, `per_day` of its unit."""

    kind: Literal["drift"]
    station: str
    parameter: str
    begins: Offset
    ends: Offset | None = None
    per_day: float


class Spike(_Settings):
    """A sensor multiplies what it sees; short ones are what a bubble in the tube looks like."""

    kind: Literal["spike"]
    station: str
    parameter: str
    begins: Offset
    ends: Offset
    factor: float


class Skew(_Settings):
    """A station's clock is wrong by `by`: its reports carry that time."""

    kind: Literal["skew"]
    station: str
    begins: Offset
    ends: Offset | None = None
    by: Offset


class Marked(_Settings):
    """A device marks what it says (HJ 212): M in maintenance, C in calibration, ...; all of it, or one parameter."""

    kind: Literal["marked"]
    station: str
    parameter: str | None = None
    mark: Literal["F", "M", "S", "D", "C", "T", "B"]
    begins: Offset
    ends: Offset | None = None


class Way(StrEnum):
    """How a station sends its reports."""

    JSON = "json"
    HJ212 = "hj212"  # over MQTT
    HJ212_TCP = "hj212_tcp"


Episode = Annotated[Haze | Exceedance | Spill, Field(discriminator="kind")]
Fault = Annotated[Stuck | Silent | Drift | Spike | Skew | Marked, Field(discriminator="kind")]


class Index(_Settings):
    """From a day's mean or highest value to an index: (value, index), rising, and straight between."""

    of: Literal["mean", "highest"]
    points: tuple[tuple[float, float], ...] = Field(min_length=2)

    @field_validator("points")
    @classmethod
    def _rising(cls, given: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        if any(a[0] >= b[0] or a[1] >= b[1] for a, b in pairwise(given)):
            msg = "values and indices must rise from point to point"
            raise ValueError(msg)
        return given

    def at(self, value: float) -> int:
        """Rounded up; at the ends the first and the last."""
        for (low, least), (high, most) in pairwise(self.points):
            if value < high:
                return math.ceil(max(least, least + (most - least) * (value - low) / (high - low)))
        return math.ceil(self.points[-1][1])


class Forecasting(_Settings):
    """A forecast for each area with air stations, once a day `issued` after midnight, of the `days` after it."""

    issued: Length
    days: int = Field(ge=3, le=14)
    indices: Mapping[str, Index] = Field(min_length=1)  # by parameter


class Scenario(_Settings):
    """All of it."""

    seed: int = 0
    zone: str = "Asia/Shanghai"
    backfill_block: Length = timedelta(hours=2)
    periods: Mapping[StationKind, tuple[Period, ...]]
    signals: Mapping[StationKind, Mapping[str, Signal]]
    forecast: Forecasting | None = None
    episodes: tuple[Episode, ...] = ()
    faults: tuple[Fault, ...] = ()
    speaks: Mapping[str, Annotated[tuple[Way, ...], Field(min_length=1)]] = {}  # by station; the others send JSON

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (KeyError, ValueError, OSError) as error:
            msg = f"no such time zone: {given!r}"
            raise ValueError(msg) from error
        return given

    @field_validator("periods")
    @classmethod
    def _have_a_length(
        cls, given: Mapping[StationKind, tuple[Period, ...]]
    ) -> Mapping[StationKind, tuple[Period, ...]]:
        if any(period is Period.INSTANT for periods in given.values() for period in periods):
            msg = "a simulated station reports means: 1m, 5m, 10m, 1h, ..."
            raise ValueError(msg)
        return given
