"""One outfall, one file: what the bureau has to know of each opening into river or sea.

The fields are those of STANDARDS 6.5 (the plan's items 14 and 17, terms of HJ 1310 and HJ 1312-2023). Only what
identifies an outfall is required: a file is made while the survey is under way, and `gaps` says what it lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ingest.catalog.entry import PARAMETER_ID, STATION_ID, Entry, Name

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]
Uscc = Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]  # unified social credit code


class OutfallKind(StrEnum):
    """The four top classes of HJ 1312-2023 [two pages agree]."""

    INDUSTRIAL = "industrial"  # 工业排污口
    TOWN_SEWAGE = "town_sewage"  # 城镇污水处理厂排污口
    AGRICULTURAL = "agricultural"  # 农业排口
    OTHER = "other"  # 其他排口


class Zone(StrEnum):
    """Protection zone of a drinking-water source."""

    PRIMARY = "primary"  # 一级保护区
    SECONDARY = "secondary"  # 二级保护区
    QUASI = "quasi"  # 准保护区
    NONE = "none"


class Receiving(Entry):
    """The water it opens into, and that water's functional zone."""

    into: Literal["river", "sea"]  # 入河, lakes too; 入海: seaward of the coastline (HJ 1310-2023)
    water: Name
    functional_zone: Text | None = None  # as the zoning names it
    target_class: Literal["I", "II", "III", "IV", "V", "1", "2", "3", "4"] | None = None  # GB 3838, or GB 3097 at sea
    protection_zone: Zone | None = None


class Responsible(Entry):
    """责任主体: who answers for it."""

    name: Text
    uscc: Uscc | None = None
    person: Text | None = None
    phone: Text | None = None


class Limit(Entry):
    """What may be in the water, in the parameter's unit, by averaging.

    `cold_day` is that of a day whose water is at most 12 degC (ammonia, GB 18918-2002 table 1).
    """

    hour: Positive | None = None
    day: Positive | None = None
    cold_day: Positive | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.hour is None and self.day is None:
            msg = "give hour or day"
            raise ValueError(msg)
        return self

    @property
    def hourly(self) -> float:
        """What an hour is held against, as a warning: its own limit, or the day's."""
        limit = self.day if self.hour is None else self.hour
        assert limit is not None, "one of them is given"
        return limit


class Permit(Entry):
    """排污许可: number, time and limits. Without limits those of the standard hold."""

    number: Text
    issued: date | None = None
    expires: date | None = None
    limits: Mapping[Annotated[str, Field(pattern=PARAMETER_ID)], Limit] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.issued and self.expires and self.expires < self.issued:
            msg = "expires before it was issued"
            raise ValueError(msg)
        return self


class Discharge(Entry):
    """How the water comes."""

    pattern: Literal["continuous", "intermittent", "tidal"] | None = None
    pipe: Text | None = None  # form and size
    design_m3_per_day: Positive | None = None
    actual_m3_per_day: Positive | None = None
    standard: Text | None = None  # for example GB18918-2002
    grade: Text | None = None  # of that standard, for example 1A


class TracedSource(Entry):
    """A source found behind the outfall (溯源)."""

    name: Text
    kind: Text | None = None
    uscc: Uscc | None = None
    measure: Text | None = None  # 一源一策


class Measure(Entry):
    """What becomes of it: 取缔, 清理, 规范; by when, and when it was done."""

    kind: Literal["banned", "cleaned_up", "standardised"]
    due: date | None = None
    closed: date | None = None
    note: Text | None = None


class Inspection(Entry):
    """One visit: survey (排查), monitoring (监测) or tracing (溯源)."""

    day: date
    kind: Literal["survey", "monitoring", "tracing"]
    by: Text | None = None
    result: Text


class Outfall(Entry):
    """An outfall's file. The coding rule of HJ 1235-2021 was not verified: codes are only kept free of blanks."""

    code: Annotated[str, Field(pattern=r"^[^\s|]{1,64}$")]
    name: Name
    kind: OutfallKind
    category: Text | None = None  # second or third class of HJ 1312-2023
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    receiving: Receiving | None = None
    responsible: Responsible | None = None
    permit: Permit | None = None
    approval: Text | None = None  # number of the approval or the filing of the outfall itself
    sign: Literal["up", "missing"] | None = None
    discharge: Discharge = Discharge()
    stations: tuple[Annotated[str, Field(pattern=STATION_ID)], ...] = ()  # whose devices watch it
    sources: tuple[TracedSource, ...] = ()
    measures: tuple[Measure, ...] = ()
    inspections: tuple[Inspection, ...] = ()
