"""Reading the water standards below `config/standards/`: every problem of every file at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.documents import check, read
from alerts.errors import ConfigurationError, Problem
from alerts.standards.amounts import exact
from alerts.standards.compliance import ComplianceMethod, Group
from alerts.standards.water import Body, Direction, Item, WaterStandard, Zone, bounds

ModelT = TypeVar("ModelT", bound=BaseModel)
Limit = Annotated[float, Field(ge=0)]
Limits = tuple[Limit | tuple[Limit, Limit] | None, ...]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Item(_Entry):
    item_no: int
    key: str
    zh: str
    unit: str = ""
    direction: Direction | Literal["special"]
    classes: Limits | None
    classes_lake_reservoir: Limits | None = None
    applies_to: Literal["lake_reservoir_only"] | None = None
    rule: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _of_one_form(self) -> Self:
        if (self.classes is None) is not (self.direction == "special"):
            raise ValueError("classes: null for `special`, and only there")
        for limits in filter(None, (self.classes, self.classes_lake_reservoir)):
            if any(isinstance(limit, tuple) is not (self.direction is Direction.WITHIN) for limit in limits if limit):
                raise ValueError("classes: pairs for `range`, and only there")
            if not _tightest_first(self.direction, limits):
                raise ValueError("classes: must run from the strictest to the mildest")
        return self


def _tightest_first(direction: Direction | str, limits: Limits) -> bool:
    numbers = [limit for limit in limits if isinstance(limit, float)]
    return numbers == sorted(numbers, reverse=direction in {Direction.AT_LEAST, Direction.ABOVE})


class _Supplementary(_Entry):
    item_no: int
    key: str
    zh: str
    direction: Literal["le"]
    limit: Annotated[float, Field(gt=0)]


class _Evaluation(_Entry):
    method: str
    exceedance_multiple: Literal["C/S - 1"]
    no_multiple: frozenset[str]
    excluded: frozenset[str]


class _Standard(_Entry):
    standard: str
    title_zh: str
    status: str
    valid_from: date | None
    source: str
    verified: str
    unit_default: Literal["mg/L"]
    classes: tuple[str, ...]
    worse_than_V: str  # noqa: N815  as the file of the notes has it
    class_use: Mapping[str, str] = {}
    table1: tuple[_Item, ...]
    table2_drinking_source_supplementary: tuple[_Supplementary, ...]
    protection_zone_class: Mapping[Zone, str]
    otherwise_class: str
    evaluation: _Evaluation

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for item in self.table1:
            for limits in filter(None, (item.classes, item.classes_lake_reservoir)):
                if len(limits) != len(self.classes):
                    raise ValueError(f"{item.key}: {len(limits)} limits for {len(self.classes)} classes")
        for name in (*self.protection_zone_class.values(), self.otherwise_class):
            if name not in self.classes:
                raise ValueError(f"there is no class {name!r}")
        return self


class _Group(_Entry):
    zh: str
    en: str
    target_percent: Annotated[float, Field(ge=0, le=100)]


class _Compliance(_Entry):
    source: str
    verified: str
    formula: Literal["samples", "volume"]
    groups: Mapping[str, _Group]
    minutes_an_hour: Annotated[int, Field(ge=1, le=60, strict=True)]
    share_of_day: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterStandards:
    """Surface water and sources, the sea, and how compliance is counted."""

    surface: WaterStandard
    sea: WaterStandard
    compliance: ComplianceMethod


def load_water_standards(directory: Path) -> WaterStandards:
    """GB 3838, GB 3097 and the compliance of sources. Raises `ConfigurationError` with every problem."""
    problems: list[Problem] = []
    surface = _checked(directory / "gb3838_2002.yaml", _Standard, problems)
    sea = _checked(directory / "gb3097_1997.yaml", _Standard, problems)
    compliance = _checked(directory / "source_compliance.yaml", _Compliance, problems)
    if surface is None or sea is None or compliance is None:
        raise ConfigurationError(problems)
    return WaterStandards(
        surface=_standard(surface),
        sea=_standard(sea),
        compliance=ComplianceMethod(
            formula=compliance.formula,
            groups={
                name: Group(zh=one.zh, en=one.en, target=Fraction(str(one.target_percent)))
                for name, one in compliance.groups.items()
            },
            minutes_an_hour=compliance.minutes_an_hour,
            share_of_day=Fraction(str(compliance.share_of_day)),
        ),
    )


def _checked(file: Path, model: type[ModelT], problems: list[Problem]) -> ModelT | None:
    try:
        return check(read(file), model)
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None


def _standard(table: _Standard) -> WaterStandard:
    otherwise = table.classes.index(table.otherwise_class)
    zones = {zone: table.classes.index(name) for zone, name in table.protection_zone_class.items()}
    return WaterStandard(
        standard=table.standard,
        title_zh=table.title_zh,
        verified=table.verified,
        classes=table.classes,
        worse=table.worse_than_V,
        items={item.key: _item(item, item.direction) for item in table.table1 if item.direction != "special"},
        supplementary={one.key: exact(one.limit) for one in table.table2_drinking_source_supplementary},
        excluded=table.evaluation.excluded,
        no_multiple=table.evaluation.no_multiple,
        targets={zone: zones.get(zone, otherwise) for zone in Zone},
    )


def _item(item: _Item, direction: Direction) -> Item:
    assert item.classes is not None, "only special items have none"
    limits = {Body.LAKE: item.classes_lake_reservoir or item.classes}
    if item.applies_to is None:
        limits[Body.RIVER] = item.classes
    return Item(
        key=item.key,
        zh=item.zh,
        unit=item.unit or "mg/L",
        direction=direction,
        limits={
            body: tuple(None if limit is None else bounds(direction, limit) for limit in row)
            for body, row in limits.items()
        },
    )
