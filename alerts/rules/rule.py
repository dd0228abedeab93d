"""What every rule has: who it is, what it looks at, whom it speaks for.

A file's entry may name several parameters or periods; `expanded` makes one rule of each, so that a rule has one series
a subject and a warning speaks of one thing.
"""

from __future__ import annotations

import hashlib
import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Protocol, Self

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from alerts import durations
from alerts.beside import Beside
from alerts.model import Cause, Level, Place, Quality, WarningType
from alerts.moments import length
from alerts.rules.agreeing import Agrees
from alerts.rules.ladder import Ladder, LadderState
from alerts.windows import TO_LIFT, TO_RAISE, Seen

RULE_ID = r"^[a-z][a-z0-9_-]{0,63}$"
MARKED = 16  # bit of a code beside the flag: the sample carries a reason that the rule watches
MAX_GAP_INTERVALS = 3  # engineering default: two readings in a row may be lost before a stretch counts as unseen


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
FlagName = Literal["pass", "unchecked", "suspect"]  # fail and missing are never evidence
Flags = Annotated[tuple[FlagName, ...], BeforeValidator(_listed), Field(min_length=1)]


class Name(BaseModel):
    """What a rule is called, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Select(BaseModel):
    """Which series a rule looks at; empty lists mean all.

    `per: area` looks at the series of areas, such as `aqi_24h`: indices that carry the area's id where a reading
    carries its station's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["air", "source", "outfall"] | None = None
    parameter: Names = ()
    period: Names = ()
    per: Literal["station", "area"] = "station"
    roles: Names = ()
    stations: Names = ()
    areas: Names = ()

    @field_validator("period")
    @classmethod
    def _known_shape(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for period in given:
            durations.period_length(period)
        return given

    @model_validator(mode="after")
    def _an_area_is_whole(self) -> Self:
        if self.per == "area" and (self.roles or self.stations):
            raise ValueError("per: area speaks for the whole of it; leave out roles and stations")
        return self

    def takes(self, place: Place) -> bool:
        """Whether a station, or with `per: area` an area, is one of those meant."""
        return (
            place.is_area == (self.per == "area")
            and self.kind in {None, place.kind, *place.kinds}
            and (not self.roles or place.role in self.roles)
            and (not self.stations or place.id in self.stations)
            and (not self.areas or place.area in self.areas)
        )


class Rule(BaseModel):
    """A rule's common settings. `source` says where its numbers come from and how far that was verified."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    id: str = Field(pattern=RULE_ID)
    kind: str
    type: WarningType
    name: Name
    source: str = Field(min_length=1)
    cause: Cause | None = None
    select: Select = Select()

    @property
    @abstractmethod
    def grades(self) -> tuple[Level, ...]:
        """The levels it can raise, mild to grave."""

    @property
    def entry(self) -> str:
        """The id of the file's entry that an expanded rule comes from."""
        return self.id.partition(".")[0]

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """Other entries that it names: the setting that does, and the entry."""
        return ()

    @cached_property
    def hash(self) -> str:
        """12 hex digits of what the rule does; its names and source do not change it."""
        settings = self.model_dump(mode="json", by_alias=True, exclude={"name", "source"})
        return hashlib.sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]

    def expanded(self) -> tuple[Self, ...]:
        """The rules this entry stands for."""
        return (self,)


class Calm(NamedTuple):
    """The values strictly between two."""

    low: float
    high: float


ALL_CALM = Calm(-math.inf, math.inf)


class Lens(Protocol):
    """Turns samples, in order of instant, into the value that levels compare. Keeps what it needs of the past."""

    @property
    def over(self) -> int:
        """How far back it looks, in microseconds; 0 for the sample alone."""
        ...

    def see(self, instant: int, value: float, may: int) -> Seen | None: ...
    def copy(self) -> Lens: ...
    def dump(self) -> Any: ...
    def load(self, state: Any) -> None: ...


class JudgedRule(Rule):
    """A rule over one series: samples through a lens onto a ladder of levels.

    `accept` names the flags that may raise, `accept_to_lift` those that may lift. Whatever is not accepted neither
    counts nor resets: doubtful data is no evidence either way.
    """

    accept: Flags = ("pass", "unchecked")
    accept_to_lift: Flags = ("pass", "unchecked")
    unit: str = ""
    max_gap: durations.Duration | None = None  # default: three of the series' steps
    # samples that are remembered at least, though fewer come within the allowed lateness
    memory: int = Field(default=128, ge=4, le=4096, strict=True)

    @model_validator(mode="after")
    def _names_a_series(self) -> Self:
        if not self.select.parameter or not self.select.period:
            raise ValueError("select: name the parameter and the period")
        if len(set(self.select.parameter)) < len(self.select.parameter):
            raise ValueError("select: a parameter is there twice")
        return self

    def expanded(self) -> tuple[Self, ...]:
        """One rule a parameter and period; ids get a suffix only where there are several."""
        if len(self.select.parameter) == len(self.select.period) == 1:
            return (self,)
        rules = []
        for parameter in self.select.parameter:
            for period in self.select.period:
                suffix = "".join(
                    f".{name}"
                    for name, several in ((parameter, self.select.parameter), (period, self.select.period))
                    if len(several) > 1
                )
                select = self.select.model_copy(update={"parameter": (parameter,), "period": (period,)})
                rules.append(self.model_copy(update={"id": self.id + suffix, "select": select}))
        return tuple(rules)

    @property
    def parameter(self) -> str:
        """Of an expanded rule."""
        return self.select.parameter[0]

    @property
    def period(self) -> str:
        """Of an expanded rule."""
        return self.select.period[0]

    @property
    def averages(self) -> bool:
        """Whether it is over the mean of an area's stations, and not over a series that somebody sends."""
        return False

    def step_of(self, interval: int) -> int:
        """Microseconds from one sample to the next: an hourly mean comes hourly however often the station sends."""
        return max(interval, length(durations.period_length(self.period)))

    def gap_of(self, interval: int) -> int:
        """Longest silence, in microseconds, that does not interrupt a dwell."""
        return length(self.max_gap) if self.max_gap is not None else MAX_GAP_INTERVALS * self.step_of(interval)

    def remembered(self, place: Place) -> int:
        """Samples at that place that a late one can still be set among, at the series' own pace.

        Those of the allowed lateness, its first and its last moment among them.
        """
        step = self.step_of(round(place.interval_seconds * 1e6))
        return max(self.memory, math.ceil(place.lateness_seconds * 1e6 / step) + 2 if place.lateness_seconds else 0)

    @property
    def of_what(self) -> str:
        """What the samples of its series are worked out of, where that is not one thing to all rules."""
        return ""

    @cached_property
    def watched(self) -> frozenset[str]:
        """Reasons whose samples are marked; a kind that judges values has none."""
        return frozenset()

    @cached_property
    def may(self) -> bytes:
        """What a sample of each code may do, by `TO_RAISE` and `TO_LIFT`."""
        table = bytearray(2 * MARKED)
        for flag in Quality:
            name = flag.name.lower()
            may = (TO_RAISE if name in self.accept else 0) | (TO_LIFT if name in self.accept_to_lift else 0)
            table[flag] = table[flag | MARKED] = may
        return bytes(table)

    def hash_at(self, place: Place) -> str:
        """`hash`, and what the place adds to it: where it differs, a state of before is another rule's."""
        return f"{self.hash}/{self.gap_of(round(place.interval_seconds * 1e6)) // 1_000_000}"

    def watches(self, place: Place) -> bool:
        """Whether it is over a series of the place's own."""
        return not self.averages and self.select.takes(place) and self.serves(place)

    def serves(self, place: Place) -> bool:  # noqa: ARG002  for kinds that need something of the place
        """Whether the rule can be applied there at all."""
        return True

    @abstractmethod
    def lens(self, place: Place) -> Lens | None:
        """What the values are seen through at that place; None where they are compared as they are."""

    def through(self, place: Place, beside: Beside) -> Lens | None:  # noqa: ARG002  most do not look beside
        """As `lens`, with what else bears on the place."""
        return self.lens(place)

    @property
    def foresees(self) -> bool:
        """Whether forecasts mean something to it."""
        return False

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        return [("agrees", name) for name in self.leans_on.with_] if self.leans_on else ()

    @property
    def leans_on(self) -> Agrees | None:
        """Other rules that may confirm it."""
        return None

    def exceeds(self, value: float) -> bool | None:  # noqa: ARG002  kinds differ
        """Whether a value lies beyond the mildest level; None where that is not to be seen by a value alone."""
        return None

    def figure(self, value: float) -> str:
        """How it is said that a value agrees with another parameter's: `codmn 7.2 > 6 mg/L`."""
        return f"{self.parameter} {value:.6g}"

    @abstractmethod
    def ladder(self, interval: int) -> Ladder:
        """The levels, for a series that comes every `interval` microseconds."""

    @abstractmethod
    def calm(self, place: Place, ladder: Ladder) -> Calm | None:
        """Values that cannot move an idle ladder at that place; None where each value has to be seen.

        May be narrower than need be, never wider. Of marked samples it says nothing.
        """

    def downstream(self, *, instant: int, onset: int, value: float, place: Place) -> str:  # noqa: ARG002  kinds differ
        """What follows from the judgement at the places downstream, as a sentence; empty where nothing is known."""
        upstream = self.type is WarningType.WATER_SOURCE and place.reach is not None
        return place.reach.forecast(onset) if upstream and place.reach else ""

    @abstractmethod
    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:
        """The sentence that became true, in English, with numbers and unit."""
