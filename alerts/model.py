"""The words of warnings as values: samples in, transitions out, warnings that people act on.

Answers for the shapes that every other module here shares. Holds no behaviour beyond what a value
knows of itself. Times are aware UTC; durations are `timedelta`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Protocol

from alerts.travel import Reach

if TYPE_CHECKING:
    from datetime import datetime


class Quality(IntEnum):
    """Quality of a sample on the QARTOD scale (1 pass ... 9 missing), as intake flags it."""

    PASS = 1
    UNCHECKED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Level(StrEnum):
    """Warning colours, mild to grave. Compare with `rank`: the texts do not sort."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for blue up to 3 for red."""
        return _RANK[self]


_RANK = {level: n for n, level in enumerate(Level)}


class Sample(Protocol):
    """One reading as evaluation sees it. `ingest` readings satisfy it as they are: nothing is copied."""

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
    def reason(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


Value = tuple[str, float | None, int, str]  # parameter, value, flag, reason


class Bundle(Protocol):
    """Samples of one station, period and instant, as one message brings them: what they share is said once."""

    @property
    def station(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def instant(self) -> datetime: ...
    @property
    def micros(self) -> int: ...  # the instant: microseconds since 1970
    @property
    def received_at(self) -> datetime: ...
    @property
    def values(self) -> Iterable[Value]: ...


Heard = tuple[Sequence[Bundle], Iterable[Sample]]  # what a delivery brought, and what was worked out of it


class Change(StrEnum):
    """What a transition says happened to the condition of one rule at one subject."""

    RAISED = "raised"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    CLEARED = "cleared"
    DISCOVERED_LATE = "discovered_late"  # began and ended in the past: recorded, not fired
    BASIS_WITHDRAWN = "basis_withdrawn"  # a revision took the ground away: a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSample:
    """One value the judgement rested on, as it stood then."""

    instant: datetime
    value: float | None
    flag: int
    received_at: datetime | None
    station: str


class Cause(StrEnum):
    """What leads an episode of polluted weather: the path taken follows from it (STANDARDS 3.1 [one source])."""

    PM2_5 = "pm2_5"
    O3 = "o3"  # health advice, control of VOCs and NOx; no coloured level
    ANY = "any"  # whatever it is: particles, dust, fireworks


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why: frozen with the transition, never worked out again.

    `inequality` is the sentence that became true, with unit ("24 h mean of pm2_5 163.2 > 150 ug/m3").
    `missing` counts the values a full window would have had and this one had not.
    """

    rule_hash: str
    inequality: str
    samples: tuple[EvidenceSample, ...] = ()
    missing: int = 0
    cause: Cause | None = None
    edition: str = ""  # of the air standard by which indices of that time are judged; empty where none are


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A rule's state changing at a subject (a station or an area), with the evidence.

    `instant` is the moment of the sample that decided it, `onset` since when the condition holds,
    `noticed_at` the service's clock. The same events give the same `id`, so that a replay inserts nothing.
    """

    rule: str
    subject: str
    parameter: str | None
    change: Change
    level: Level | None
    instant: datetime
    onset: datetime
    noticed_at: datetime
    evidence: Evidence
    ended: datetime | None = None
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Derives the id from what happened, not from when it was noticed."""
        level = self.level.value if self.level else "-"
        parts = (
            self.rule,
            self.subject,
            self.parameter or "-",
            self.instant.isoformat(),
            self.change.value,
            level,
        )
        object.__setattr__(self, "id", hashlib.sha256("|".join(parts).encode()).hexdigest()[:24])


class WarningState(StrEnum):
    """Where a warning stands. Acknowledgement is a record beside it, not a state."""

    PROPOSED = "proposed"
    ISSUED = "issued"
    LIFTED = "lifted"
    DISMISSED = "dismissed"  # a person decided that a proposal is not issued
    LAPSED = "lapsed"  # a proposal whose condition ended before anybody decided


class WarningType(StrEnum):
    """What the warning is about; the procedure and the recipients follow from it."""

    POLLUTION_WEATHER = "pollution_weather"
    WATER_SOURCE = "water_source"
    OUTFALL = "outfall"
    DEVICE = "device"
    DATA_QUALITY = "data_quality"  # data that come and cannot be used, or not believed: for maintainers


@dataclass(frozen=True, slots=True, kw_only=True)
class PollutionWarning:
    """What people act on, from being proposed or issued to being lifted."""

    id: str
    rule: str
    type: WarningType
    kind: str
    subject: str
    subject_is_area: bool
    parameter: str | None
    level: Level
    state: WarningState
    onset: datetime
    raised_at: datetime
    changed_at: datetime
    evidence: Evidence
    highest: Level
    lifted_at: datetime | None = None
    lift_due: bool = False  # signed procedure: the condition cleared, a person must lift
    basis_withdrawn: bool = False
    drill: bool = False

    @property
    def open(self) -> bool:
        """Whether it still needs people."""
        return self.state in {WarningState.PROPOSED, WarningState.ISSUED}


class ActKind(StrEnum):
    """One entry in a warning's append-only history."""

    PROPOSED = "proposed"
    ISSUED = "issued"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    LIFTED = "lifted"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"
    LIFT_DUE = "lift_due"
    RETURNED = "returned"  # the condition came back before a person lifted
    BASIS_WITHDRAWN = "basis_withdrawn"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who did what to a warning, when and why. `person` is None where the rule itself acted."""

    warning: str
    kind: ActKind
    at: datetime
    level: Level
    person: str | None = None
    reason: str = ""
    transition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A station or an area as warnings name it: id, names, and what rules select by."""

    id: str
    zh: str
    en: str
    kind: str  # air, source, outfall; for an area the first of `kinds`
    area: str = ""
    role: str = ""  # e.g. `intake`, `upstream` of water-source monitors
    interval_seconds: float = 3600.0
    lateness_seconds: float = 72 * 3600.0  # how late a reading may be and still be judged (DESIGN section 6)
    lon: float | None = None
    lat: float | None = None
    limits: tuple[tuple[str, float], ...] = ()  # permit limits of an outfall, (parameter, value)
    reach: Reach | None = None  # the way to the intake, of a monitor upstream of one
    is_area: bool = False
    kinds: tuple[str, ...] = ()  # of an area: of which kinds it has stations
