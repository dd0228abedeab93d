"""The law on air as pure functions: exact rounding, IAQI, AQI, levels, reports and limits, by the date measured.

Map:

- `amounts`: concentrations as whole millionths, GB/T 8170
- `pollutants`: names; `edition`: one edition of HJ 633; `report`: hourly and daily reports and what may be published
- `ambient`: GB 3095 limits and validity counts; `air`: what holds on a day
- `year`: a year judged by its days (HJ 663); `targets`: how it stands to the plan's targets
- `tables`, `files`: `config/standards/*.yaml`, `config/targets.yaml`

In use::

    standards = load_air_standards(Path("config/standards"))
    edition = standards.edition_on(measured_on(instant, zone))
    amount = edition.reported(Pollutant.PM2_5, sum(exact(value) for value in hours), len(hours))
    report = daily(edition, {Indicator.PM2_5_24H: amount, ...})
    report.aqi, report.level, report.primary, report.status, report.iaqi

An amount is an `int` in millionths of ug/m3 (CO: of mg/m3); `exact` makes one of a float, `number` a float of one.
"""

from alerts.standards.air import AirStandards, Evaluation, measured_on
from alerts.standards.ambient import AmbientLimits, Statistic, Validity, ZoneClass
from alerts.standards.amounts import exact, half_even, number, rounded_mean, text
from alerts.standards.edition import AqiLevel, Colour, Edition
from alerts.standards.files import load_air_standards, load_targets
from alerts.standards.pollutants import POLLUTANT_OF, Indicator, Pollutant
from alerts.standards.report import Amounts, Report, Status, daily, hourly
from alerts.standards.targets import Standing, Target, Targets, Tracked, allowed_days, track
from alerts.standards.year import Annual, DayAmounts, YearEvaluation, evaluate, percentile

__all__ = [
    "POLLUTANT_OF",
    "AirStandards",
    "AmbientLimits",
    "Amounts",
    "Annual",
    "AqiLevel",
    "Colour",
    "DayAmounts",
    "Edition",
    "Evaluation",
    "Indicator",
    "Pollutant",
    "Report",
    "Standing",
    "Statistic",
    "Status",
    "Target",
    "Targets",
    "Tracked",
    "Validity",
    "YearEvaluation",
    "ZoneClass",
    "allowed_days",
    "daily",
    "evaluate",
    "exact",
    "half_even",
    "hourly",
    "load_air_standards",
    "load_targets",
    "measured_on",
    "number",
    "percentile",
    "rounded_mean",
    "text",
    "track",
]
