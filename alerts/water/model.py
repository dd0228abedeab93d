"""A monitor of a drinking-water source as its windows need it, and what an hour or a day of its water amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from alerts.standards.water import Body

CLASS, COMPLIANT = "water_class", "water_compliant"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterMonitor:
    """`target` is the rank of the class to keep; `items` what it measures of those that are judged."""

    station: str
    zone: tzinfo
    interval_seconds: float
    lateness: timedelta
    body: Body
    target: int
    items: tuple[str, ...]
