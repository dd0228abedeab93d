"""What a delivery says once decoded, before the catalogue has had its word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ingest.model import Reason


class Moment(NamedTuple):
    """The values of one time. `time` is the START of the period, or the instant; it may lack an offset."""

    time: datetime
    period: str
    values: Mapping[str, float | None]
    marks: Mapping[str, str]
    times: Mapping[str, datetime]


class Refused(NamedTuple):
    """One value of a report that is none; the others are kept."""

    parameter: str
    reason: Reason
    detail: str


class Report(NamedTuple):
    """A whole delivery, decoded."""

    station: str
    moments: tuple[Moment, ...]
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """A delivery that is no report: the whole of it goes to quarantine."""

    reason: Reason
    detail: str
