"""`config/standards/air_*.yaml`, `gb3095_*.yaml` and `hj663.yaml` as models: unknown keys and broken tables refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alerts.standards.ambient import Statistic
from alerts.standards.pollutants import Indicator, Pollutant

# Indicators as the files' reports name them, where that is not the name of a column of breakpoints.
_AS_COLUMN = {
    "o3_1h_daily_max": "o3_1h",
    "o3_8h_daily_max": "o3_8h",
    "o3_8h_moving": "o3_8h",
    "pm10_24h_moving": "pm10_24h",
    "pm2_5_24h_moving": "pm2_5_24h",
}

Concentration = Annotated[float, Field(ge=0)]


def _rises(column: tuple[float | None, ...]) -> tuple[float | None, ...]:
    filled = [value for value in column if value is not None]
    if any(value is not None for value in column[len(filled) :]):
        raise ValueError("null only at the end")
    if filled[:1] != [0] or filled != sorted(set(filled)):
        raise ValueError("must rise from 0")
    return column


Rising = Annotated[tuple[Concentration | None, ...], AfterValidator(_rises)]
Reported = Annotated[Indicator, BeforeValidator(lambda name: _AS_COLUMN.get(str(name), name))]
Places = Annotated[int, Field(ge=0, le=6)]
Byte = Annotated[int, Field(ge=0, le=255)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Document(_Entry):
    """What every file of a standard says of itself."""

    standard: str
    title_zh: str
    source: str
    verified: str  # yes, partly, no


class OverRange(_Entry):
    """What happens above the last breakpoint of a column that ends before 500."""

    above: Concentration
    action: Literal["not_computed", "fixed_iaqi"]
    fallback: Indicator | None = None
    iaqi: int | None = None

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        wanted = self.fallback if self.action == "not_computed" else self.iaqi
        if wanted is None:
            raise ValueError(f"{self.action} needs {'fallback' if self.action == 'not_computed' else 'iaqi'}")
        return self


class Decimals(_Entry):
    """Decimals of each concentration before its IAQI."""

    so2: Places
    no2: Places
    o3: Places
    pm10: Places
    pm2_5: Places
    co: Places
    mode: Literal["GB/T 8170 (half to even)"]


class Rounding(_Entry):
    iaqi: Literal["ceil_to_integer"]
    concentration: Decimals | Literal["not_stated"]


class Daily(_Entry):
    window: str
    indicators: tuple[Reported, ...]
    publish_by: str = ""


class RealTime(_Entry):
    publish_lag_max_h: int
    window: str = ""
    indicators: tuple[Reported, ...] = ()
    indicators_reported: tuple[Reported, ...] = ()
    indicators_with_iaqi: tuple[Reported, ...] = ()  # where not all of those reported have an IAQI

    @property
    def judged(self) -> tuple[Indicator, ...]:
        """Those that make the AQI."""
        return self.indicators_with_iaqi or self.indicators


class Primary(_Entry):
    aqi_gt: int
    rule: str


class NonAttainment(_Entry):
    iaqi_gt: int


class LevelRow(_Entry):
    level: int
    zh: str
    en: str
    lo: int
    hi: int | None
    colour_zh: str
    rgb: tuple[Byte, Byte, Byte]
    cmyk: tuple[int, int, int, int] | None = None


class Forecast(_Entry):
    min_days_ahead: int
    publish_by: str
    contents: tuple[str, ...]


class Completeness(_Entry):
    rule: str
    exemption: str


class Markers(_Entry):
    missing: str
    not_monitored: str


class Hj633(_Document):
    """A file `air_aqi_hj633_YEAR.yaml`."""

    status: str
    issued: date | None = None
    valid_from: date
    valid_to: date | None
    superseded_by: str = ""
    replaces: str = ""
    units: Mapping[Pollutant, Literal["ug/m3", "mg/m3"]]
    aqi_range: tuple[int, int] | None = None
    iaqi: tuple[int, ...] = Field(min_length=2)
    breakpoints: Mapping[Indicator, Rising]
    aliases: Mapping[Indicator, Indicator] = Field(default_factory=dict)
    over_range: Mapping[Indicator, OverRange]
    rounding: Rounding
    daily: Daily
    realtime: RealTime
    forecast: Forecast | None = None
    primary_pollutant: Primary
    non_attainment_pollutant: NonAttainment | None
    completeness: Completeness | None = None
    missing_marker: str = "NA"
    markers: Markers | None = None
    levels: tuple[LevelRow, ...] = Field(min_length=6, max_length=6)
    sensitive_groups: Mapping[Pollutant, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tables_hold(self) -> Self:
        for indicator, column in self.breakpoints.items():
            filled = [value for value in column if value is not None]
            if len(column) != len(self.iaqi):
                raise ValueError(f"{indicator.value}: wants {len(self.iaqi)} breakpoints")
            over = self.over_range.get(indicator)
            if (len(filled) < len(column)) != (over is not None) or (over and over.above != filled[-1]):
                raise ValueError(f"{indicator.value}: over_range must go on where the column ends")
        columns = {*self.breakpoints, *self.aliases}
        used = {*self.daily.indicators, *self.realtime.judged, *self.aliases.values()}
        if lacking := used - columns:
            raise ValueError(f"no column of breakpoints for {', '.join(sorted(lacking))}")
        bounds = [(row.lo, row.hi) for row in self.levels]
        if any(low != before_hi + 1 for (_, before_hi), (low, _) in pairwise(bounds) if before_hi):
            raise ValueError("levels must follow each other without a gap")
        return self


class LimitValues(_Entry):
    """Limits of one pollutant, for class 1 and class 2."""

    annual: tuple[Concentration, Concentration] | None = None
    quarter: tuple[Concentration, Concentration] | None = None
    h24: tuple[Concentration, Concentration] | None = None
    mda8: tuple[Concentration, Concentration] | None = None
    h1: tuple[Concentration, Concentration] | None = None

    def given(self) -> dict[Statistic, tuple[float, float]]:
        """Those there are."""
        found = {statistic: getattr(self, statistic.value) for statistic in Statistic}
        return {statistic: limits for statistic, limits in found.items() if limits is not None}


class PollutantLimits(LimitValues):
    """With phases (2026), the same in all of them, or of an edition that has none (2012)."""

    unit: Literal["ug/m3", "mg/m3"]
    transition: LimitValues | None = None
    final: LimitValues | None = None
    all: LimitValues | None = None

    def in_phase(self, phase: str) -> LimitValues:
        """What holds in that phase."""
        return {"transition": self.transition, "final": self.final}.get(phase) or self.all or self


class Phase(_Entry):
    first: date = Field(alias="from")
    last: date | None = Field(alias="to")


class AnnualValidity(_Entry):
    min_daily_values_per_year: int
    min_daily_values_per_month: int
    min_daily_values_february: int
    pollutants: tuple[str, ...]


class DayValidity(_Entry):
    min_hourly_values_or_sampling_hours: int
    pollutants: tuple[str, ...]


class EightHourValidity(_Entry):
    min_hourly_values_of_8: int


class HourValidity(_Entry):
    min_sampling_minutes: int
    pollutants: tuple[str, ...]


class ValidityTable(_Entry):
    """GB 3095-2026 table 4."""

    annual: AnnualValidity
    h24: DayValidity
    h8_o3: EightHourValidity
    h1: HourValidity
    annual_tsp_bap_pb: Mapping[str, int] = Field(default_factory=dict)
    quarter_pb: Mapping[str, int] = Field(default_factory=dict)
    h24_tsp_bap_pb: Mapping[str, int] = Field(default_factory=dict)


class Gb3095(_Document):
    """A file `gb3095_YEAR.yaml`."""

    status: str
    approved: date | None = None
    valid_from: date
    valid_to: date | None = None
    superseded_by: str = ""
    replaces: str = ""
    phases: Mapping[Literal["transition", "final"], Phase] = Field(default_factory=dict)
    reference_state: Mapping[str, Any] = Field(default_factory=dict)
    amendment_2018: Mapping[str, str] = Field(default_factory=dict)
    limits: Mapping[str, PollutantLimits]
    zones: Mapping[str, str] = Field(default_factory=dict)
    definitions: Mapping[str, str] = Field(default_factory=dict)
    validity: ValidityTable


class Mda8(_Entry):
    first_label_hour: int = Field(ge=0, le=24)
    min_valid_8h_means: int = Field(ge=1, le=24)
    fewer_valid_when_above_limit: bool


class LargestHour(_Entry):
    min_valid_hours: int = Field(ge=1, le=24)


class GoodDay(_Entry):
    aqi_le: int


class HeavyDay(_Entry):
    aqi_gt: int


class Ratio(_Entry):
    of: Literal["valid_days"]
    decimals: int = Field(ge=0, le=6)


class Hj663(_Document):
    """`hj663.yaml`."""

    mda8: Mda8
    largest_hour: LargestHour
    percentiles: Mapping[Pollutant, Annotated[int, Field(ge=0, le=100)]]
    percentile_position: str
    good_day: GoodDay
    heavy_day: HeavyDay
    good_day_ratio: Ratio
    attainment: str
    area_value: str
