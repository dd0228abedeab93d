"""What is measured: units and the quality limits that hold where a station says nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Self

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


class Spike(Entry):
    """A jump against the reading before: suspect when it is more than `step`, or `factor` times and above `floor`.

    With both given, either suffices. Unit: the parameter's.
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


class Parameter(Entry):
    """One quantity: names, unit, and the quality limits that hold where a station says nothing else."""

    name: Name
    unit: str
    decimals: int = Field(default=2, ge=0, le=6)
    kinds: tuple[Kind, ...] = ()
    hj212: Annotated[tuple[FactorCode, ...], BeforeValidator(_listed)] = ()  # factor codes; one may stand alone
    low: float  # below: fail, `range`
    high: float  # above: fail, `range`
    flat: Flat | None = None
    spike: Spike | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            msg = "low must be below high"
            raise ValueError(msg)
        return self
