"""An outfall's monitor, what its hours and days amount to, and the case that a day above the limit opens.

Concentrations, flows and temperatures are whole millionths of their unit (mg/L, L/s, degC).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from alerts.standards.discharge import DischargeLimit

FLOW, TEMPERATURE = "flow", "temp"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutfallMonitor:
    """A station at an outfall, and what may be discharged there, by parameter."""

    station: str
    outfall: str
    zone: tzinfo
    interval_seconds: float
    lateness: timedelta
    limits: Mapping[str, DischargeLimit]


class Hour(NamedTuple):
    """One parameter in one hour. `value` is None where nothing was discharged, or too little measured.

    `flow` is the mean flow that the value speaks for, None where flow is not measured; `minutes` those that count, idle
    ones among them.
    """

    value: int | None
    flow: int | None
    minutes: int
    idle: bool


class Day(NamedTuple):
    """One parameter on one natural day. `value` is None where nothing was discharged; `hours` those that count.

    `load` is in millionths of kg, of the hours measured; None where flow is not.
    """

    value: int | None
    load: int | None
    hours: int
    idle: bool


class CaseEvent(StrEnum):
    """What a valid day does to its case."""

    OPENED = "opened"
    REVISED = "revised"  # later readings changed the figures; the day is still above the limit
    WITHDRAWN = "withdrawn"  # it is not, or the day is not valid any more: for a person to decide


class Case(NamedTuple):
    """A day above the limit, handed over for investigation. Amounts in millionths, `load` of kg."""

    outfall: str
    station: str
    parameter: str
    day: date
    event: CaseEvent
    value: int | None
    limit: int
    basis: str
    load: int | None
    hours: int
    revision: int  # of the day's figures

    @property
    def id(self) -> str:
        """The same day makes the same case, whatever it was revised to."""
        parts = (self.outfall, self.station, self.parameter, self.day.isoformat())
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]

    @property
    def event_id(self) -> str:
        """Of this event: found again, it is recorded once."""
        return f"{self.id}-{self.revision}-{self.event.value}"
