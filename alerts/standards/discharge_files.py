"""Reading `config/standards/discharge_limits.yaml` and `outfall_method.yaml`: every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.documents import check, read
from alerts.errors import ConfigurationError, Problem
from alerts.standards.amounts import exact
from alerts.standards.discharge import DischargeLimit, DischargeMethod, DischargeStandard, DischargeStandards

ModelT = TypeVar("ModelT", bound=BaseModel)
Limit = Annotated[float, Field(gt=0)]
Limits = tuple[Limit | None, ...]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Item(_Entry):
    zh: str = ""
    unit: str = "mg/L"
    range: tuple[Limit, Limit] | None = None
    limits: Limits | None = None
    cold: Limits | None = None
    variants: Mapping[str, Limits] = {}

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.range is None) is (self.limits is None):
            raise ValueError("give range or limits")
        return self


class _Standard(_Entry):
    title_zh: str
    status: str
    source: str
    verified: str
    value_basis: Literal["daily_mean"]
    grades: tuple[str, ...]
    items: Mapping[str, _Item]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key, item in self.items.items():
            for limits in filter(None, (item.limits, item.cold)):
                if len(limits) != len(self.grades):
                    raise ValueError(f"{key}: {len(limits)} limits for {len(self.grades)} grades")
        return self


class _File(_Entry):
    source: str
    verified: str
    standards: Mapping[str, _Standard]


class _Method(_Entry):
    source: str
    verified: str
    minutes_an_hour: int = Field(ge=1, le=60)
    hours_a_day: int = Field(ge=1, le=24)
    flow_floor: float = Field(ge=0)
    cold_at: float


def load_discharge_standards(directory: Path) -> DischargeStandards:
    """Raises `ConfigurationError` with every problem of both files."""
    problems: list[Problem] = []
    limits = _checked(directory / "discharge_limits.yaml", _File, problems)
    method = _checked(directory / "outfall_method.yaml", _Method, problems)
    if limits is None or method is None:
        raise ConfigurationError(problems)
    return DischargeStandards(
        standards={name: _standard(name, table) for name, table in limits.standards.items()},
        method=DischargeMethod(
            minutes_an_hour=method.minutes_an_hour,
            hours_a_day=method.hours_a_day,
            flow_floor=exact(method.flow_floor),
            cold_at=exact(method.cold_at),
        ),
    )


def _checked(file: Path, model: type[ModelT], problems: list[Problem]) -> ModelT | None:
    try:
        return check(read(file), model)
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None


def _standard(name: str, table: _Standard) -> DischargeStandard:
    return DischargeStandard(
        name=name,
        title_zh=table.title_zh,
        verified=table.verified,
        limits={grade: _grade(name, grade, place, table) for place, grade in enumerate(table.grades)},
    )


def _grade(name: str, grade: str, place: int, table: _Standard) -> Mapping[str, DischargeLimit]:
    """Upper limits; what the grade does not limit is not there."""
    found = {}
    for key, item in table.items.items():
        limit = item.limits[place] if item.limits else None
        if limit is not None:
            cold = item.cold[place] if item.cold else None
            found[key] = DischargeLimit(None, exact(limit), None if cold is None else exact(cold), f"{name} {grade}")
    return found
