"""What a delivery says once decoded, before the catalogue has had its word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ingest.model import Reason

MINUTES = "minutes"  # a period whose length the station's entry says


class Moment(NamedTuple):
    """The values of one time. `time` is the START of the period, or the instant; it may lack an offset.

    None where another packet of the same message said it.
    """

    time: datetime | None
    period: str
    values: Mapping[str, float | None]
    marks: Mapping[str, str]
    times: Mapping[str, datetime]


class Refused(NamedTuple):
    """One value of a report that is none; the others are kept."""

    parameter: str
    reason: Reason
    detail: str


class Part(NamedTuple):
    """Which packet of a message of several packets a report is."""

    command: str
    packets: int
    number: int


class Coded(NamedTuple):
    """That a report speaks HJ 212: its station is an MN, its parameters are factor codes of that device."""

    checksum: str
    part: Part | None = None
    equipment: str = ""  # what the device says of its machines


class Report(NamedTuple):
    """A whole delivery, decoded; `coded` where it is not in our own words yet."""

    station: str
    moments: tuple[Moment, ...]
    refused: tuple[Refused, ...] = ()
    coded: Coded | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A delivery that is no report: the whole of it goes to quarantine."""

    reason: Reason
    detail: str
