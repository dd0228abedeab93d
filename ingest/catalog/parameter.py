"""What is measured: units and the quality limits that hold where a station says nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ingest.catalog.entry import Entry, Name
from ingest.model import Kind


class Flat(Entry):
    """An analyser that repeats the same value: from when it is suspect, from when it has failed (hours)."""

    suspect_hours: float = Field(gt=0)
    fail_hours: float = Field(gt=0)
    above: float | None = None  # at or below it an analyser rests at its detection limit: that is no fault

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fail_hours < self.suspect_hours:
            msg = "fail_hours must not be below suspect_hours"
            raise ValueError(msg)
        return self


class Jump(Entry):
    """A distance between two values: more than `step`, or `factor` times and above `floor`; with both, either suffices.

    Unit: the parameter's.
    """

    step: float | None = Field(default=None, gt=0)
    factor: float | None = Field(default=None, gt=1)
    floor: float = 0.0

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.step is None and self.factor is None:
            msg = "give step or factor"
            raise ValueError(msg)
        return self


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


FactorCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{2,16}$")]


class Spike(Jump):
    """A jump against the reading before: suspect. `held` says what the next one is that stays there.

    `pass`: a second reading confirms the event. `suspect` (reason `step`): this quantity does not move so by itself.
    """

    held: Literal["pass", "suspect"] = "pass"


class Drift(Entry):
    """Daily means away from the neighbours' median by more than `factor` and `floor`, so many days running: suspect.

    Neighbours are the other stations of the same kind and area; with fewer than `neighbours` of them nothing is said.
    """

    factor: float = Field(gt=1)
    floor: float = Field(ge=0)  # the parameter's unit
    days: int = Field(default=3, ge=1, strict=True)
    neighbours: int = Field(default=3, ge=2, strict=True)


class Repeat(Entry):
    """So many hours in a row whose values are those of the day before, one after the other: suspect.

    Hours like the hour before them do not count: a constant value is `flat`'s matter.
    """

    hours: int = Field(ge=2, strict=True)


class NearLimit(Entry):
    """Nearly always just below the station's own limit: suspect.

    The weighted share of readings between `above` times the limit and the limit itself, over about `hours`, is more
    than `most`.
    """

    above: float = Field(gt=0, lt=1)
    most: float = Field(gt=0, lt=1)
    hours: float = Field(gt=0)


class Part(Entry):
    """A parameter that this one includes: more of it than `times` the whole and `plus` is impossible, both suspect."""

    part: str
    times: float = Field(default=1.0, gt=0)
    plus: float = Field(default=0.0, ge=0)  # the unit of both


class Checks(Entry):
    """What quality is held against."""

    usual_low: float | None = None  # below, and not below `low`: suspect, `unlikely`
    usual_high: float | None = None  # above, and not above `high`: suspect, `unlikely`
    flat: Flat | None = None
    spike: Spike | None = None
    rate: Jump | None = None  # against the value of an hour before, where readings come more often: suspect, `rate`
    drift: Drift | None = None
    repeat: Repeat | None = None
    near_limit: NearLimit | None = None
    includes: tuple[Part, ...] = ()


class KindChecks(Checks):
    """As one kind of station has it: what is given here in place of what holds otherwise, less what is `without`."""

    low: float | None = None
    high: float | None = None
    without: tuple[Literal["flat", "spike", "rate", "drift", "repeat", "near_limit", "includes"], ...] = ()


class Parameter(Checks):
    """One quantity: names, unit, and the quality limits that hold where a station's kind says nothing else."""

    name: Name
    unit: str
    decimals: int = Field(default=2, ge=0, le=6)
    kinds: tuple[Kind, ...] = ()
    hj212: Annotated[tuple[FactorCode, ...], BeforeValidator(_listed)] = ()  # factor codes; one may stand alone
    low: float  # below: fail, `range`
    high: float  # above: fail, `range`
    of_kind: Mapping[Kind, KindChecks] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for one in (self, *map(self.at, self.of_kind)):
            bounds = [one.low, one.usual_low, one.usual_high, one.high]
            given = [bound for bound in bounds if bound is not None]
            if one.low >= one.high or given != sorted(given):
                msg = "low, usual_low, usual_high and high must rise in that order"
                raise ValueError(msg)
        return self

    def at(self, kind: Kind) -> Self:
        """As it is judged at stations of that kind."""
        own = self.of_kind.get(kind)
        if own is None:
            return self
        names = [name for name in KindChecks.model_fields if name != "without"]
        given = {name: value for name in names if (value := getattr(own, name)) not in {None, ()}}
        gone = {name: () if name == "includes" else None for name in own.without}
        return self.model_copy(update=given | gone)
