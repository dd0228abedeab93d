"""The words of intake as values: deliveries, readings, flags, rejections.

Answers for the shapes every other module here shares; no behaviour beyond what a value knows of itself.
Times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol


class Kind(StrEnum):
    """What a station is."""

    AIR = "air"
    SOURCE = "source"
    OUTFALL = "outfall"


class Foretelling(StrEnum):
    """In place of a kind where an area speaks: of days to come."""

    FORECAST = "forecast"


MEASUREMENTS = (*Kind, *Foretelling)  # what the store keeps readings under


class Flag(IntEnum):
    """Quality on the QARTOD scale."""

    PASS = 1
    UNCHECKED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Period(StrEnum):
    """What stretch of time a value speaks for; `instant` is none."""

    INSTANT = "instant"
    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    TEN_MINUTES = "10m"
    HOUR = "1h"
    FOUR_HOURS = "4h"
    DAY = "1d"

    @property
    def length(self) -> timedelta:
        """Zero for `instant`."""
        return _LENGTHS[self]


_LENGTHS = {
    Period.INSTANT: timedelta(0),
    Period.MINUTE: timedelta(minutes=1),
    Period.FIVE_MINUTES: timedelta(minutes=5),
    Period.TEN_MINUTES: timedelta(minutes=10),
    Period.HOUR: timedelta(hours=1),
    Period.FOUR_HOURS: timedelta(hours=4),
    Period.DAY: timedelta(days=1),
}


class Redrive(NamedTuple):
    """That a delivery goes through again, and what of it: `parameters` alone, or all of it where that is None.

    `position` and `received_at` are those of the delivery as it first came.
    """

    position: int
    received_at: datetime
    parameters: tuple[str, ...] | None


class Delivery(NamedTuple):
    """One message as it came. `position` is its place in the intake log, 0 before it is there.

    `received_at` of one that is redriven is when it was taken up again; when it first came stands in `redrives`.
    """

    topic: str
    payload: bytes
    received_at: datetime
    position: int = 0
    redrives: Redrive | None = None


class Reading(NamedTuple):
    """One parameter of one station at one instant (the END of its period), flagged.

    A named tuple rather than a dataclass: six are made for each message, and it costs a third.
    `value` is None only where the device said that there is none (flag `missing`).
    """

    station: str
    kind: str
    parameter: str
    period: str
    instant: datetime
    value: float | None
    flag: int
    reason: str
    received_at: datetime


class Derived(Protocol):
    """A value worked out from readings, as rules take it and the store keeps it: an index of a station or an area.

    `value` is None where one that was said before holds no more; `revision` counts what was said of that instant. It
    rests on `have` of `of` parts. `edition` and `primary` are of air's indices, and empty elsewhere.
    """

    @property
    def station(self) -> str: ...
    @property
    def parameter(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def instant(self) -> datetime: ...
    @property
    def value(self) -> float | None: ...
    @property
    def flag(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def have(self) -> int: ...
    @property
    def of(self) -> int: ...
    @property
    def missing(self) -> str: ...
    @property
    def edition(self) -> str: ...
    @property
    def primary(self) -> str: ...


class StoredIndex(NamedTuple):
    """An index as the store has it; the fields are those of `Derived`."""

    instant: datetime
    value: float | None
    flag: int
    revision: int
    have: int
    of: int
    missing: str
    edition: str
    primary: str


class Reason(StrEnum):
    """Why a delivery, or one of its readings, was rejected: kept and counted in quarantine."""

    UNKNOWN_TOPIC = "unknown_topic"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    BROKEN_JSON = "broken_json"
    SYNTAX = "syntax"
    LENGTH = "length"
    HALF_FRAME = "half_frame"
    GLUED_FRAMES = "glued_frames"
    CRC = "crc"
    REPEATED_KEY = "repeated_key"
    BAD_MARK = "bad_mark"
    UNSUPPORTED = "unsupported"
    WRONG_SHAPE = "wrong_shape"
    NOT_FINITE = "not_finite"
    UNKNOWN_STATION = "unknown_station"
    UNKNOWN_AREA = "unknown_area"
    STATION_MISMATCH = "station_mismatch"
    KIND_MISMATCH = "kind_mismatch"
    BARE_LOCAL_TIME = "bare_local_time"
    UNKNOWN_PARAMETER = "unknown_parameter"
    STORE_REFUSED = "store_refused"
    NOT_UNDERSTOOD = "not_understood"  # a fault of ours: logged with its trace, and no reason to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Something that is not a reading, and why.

    `count` is what it is worth in the ledger: 1 for a delivery that cannot be decoded, else one for each reading.
    `parameter` is set where only that parameter of the message was refused.
    """

    reason: Reason
    detail: str
    station: str  # `_unknown` where no station could be made out
    parameter: str | None = None
    count: int = 1


UNKNOWN_STATION = "_unknown"
COMPLETENESS = "completeness"  # the index, where it goes to rules as though it were a reading
SKEW = "clock_skew"  # likewise: the least time from an instant to its receipt in a slot, in seconds
