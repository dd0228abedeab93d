"""Reading the air standards below `config/standards/`: every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from alerts.documents import Document, check, read
from alerts.errors import ConfigurationError, Problem
from alerts.standards.air import AirStandards, Evaluation
from alerts.standards.ambient import AmbientLimits, Validity
from alerts.standards.amounts import exact
from alerts.standards.edition import AqiLevel, Colour, Column, Edition
from alerts.standards.pollutants import Indicator, Pollutant
from alerts.standards.tables import Decimals, Gb3095, Hj633, Hj663
from alerts.standards.targets import Targets

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_air_standards(directory: Path) -> AirStandards:
    """HJ 633 and GB 3095 of 2012 and 2026, and HJ 663. Raises `ConfigurationError` with every problem."""
    problems: list[Problem] = []
    tables = [_checked(directory / f"air_aqi_hj633_{year}.yaml", Hj633, problems) for year in (2012, 2026)]
    ambient = [_checked(directory / f"gb3095_{year}.yaml", Gb3095, problems) for year in (2012, 2026)]
    year = _checked(directory / "hj663.yaml", Hj663, problems)
    if problems or year is None:
        raise ConfigurationError(problems)
    editions = _editions([table for table in tables if table is not None])
    limits = [table for _, table in filter(None, ambient)]
    return AirStandards(
        editions=editions,
        limits=tuple(phase for table in limits for phase in _phases(table)),
        validity=_validity(limits[-1], year[1]),
        evaluation=Evaluation(
            percentiles=year[1].percentiles,
            good_up_to=year[1].good_day.aqi_le,
            heavy_above=year[1].heavy_day.aqi_gt,
            ratio_decimals=year[1].good_day_ratio.decimals,
        ),
    )


def load_targets(file: Path) -> Targets:
    """`config/targets.yaml`. Raises `ConfigurationError` with every problem."""
    return check(read(file), Targets)


def _checked(file: Path, model: type[ModelT], problems: list[Problem]) -> tuple[Document, ModelT] | None:
    try:
        document = read(file)
        return document, check(document, model)
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None


def _editions(tables: list[tuple[Document, Hj633]]) -> tuple[Edition, ...]:
    """Each with the decimals it states, or else those that another does. Raises `ConfigurationError` if none does."""
    stated = [table.rounding.concentration for _, table in tables if isinstance(table.rounding.concentration, Decimals)]
    if not stated:
        raise ConfigurationError(
            document.problem(("rounding", "concentration"), "no edition states it") for document, _ in tables
        )
    return tuple(_edition(table, stated[-1]) for _, table in tables)


def _edition(table: Hj633, otherwise: Decimals) -> Edition:
    columns = {indicator: _column(table, indicator) for indicator in table.breakpoints}
    columns |= {alias: columns[of] for alias, of in table.aliases.items()}
    stated = table.rounding.concentration
    decimals = stated if isinstance(stated, Decimals) else otherwise
    places = {pollutant: getattr(decimals, pollutant.value) for pollutant in Pollutant}
    least, most = table.aqi_range or (0, table.iaqi[-1])
    return Edition(
        name=table.standard.lower().replace(" ", ""),
        standard=table.standard,
        title_zh=table.title_zh,
        first=table.valid_from,
        last=table.valid_to,
        columns=columns,
        decimals=places,
        steps={pollutant: 10 ** (6 - decimal) for pollutant, decimal in places.items()},
        levels=tuple(_levels(table)),
        least=least,
        most=most,
        daily=table.daily.indicators,
        hourly=table.realtime.judged,
        hourly_needs=frozenset(table.realtime.judged)
        | {fallback for each in table.realtime.judged if (fallback := columns[each].fallback) is not None},
        primary_above=table.primary_pollutant.aqi_gt,
        non_attainment_above=table.non_attainment_pollutant.iaqi_gt if table.non_attainment_pollutant else None,
        sensitive=table.sensitive_groups,
    )


def _column(table: Hj633, indicator: Indicator) -> Column:
    over = table.over_range.get(indicator)
    points = [
        (exact(value), index)
        for value, index in zip(table.breakpoints[indicator], table.iaqi, strict=True)
        if value is not None
    ]
    return Column(points, beyond=over.iaqi if over else table.iaqi[-1], fallback=over.fallback if over else None)


def _levels(table: Hj633) -> Iterator[AqiLevel]:
    for row, colour in zip(table.levels, Colour, strict=True):
        yield AqiLevel(
            level=row.level,
            zh=row.zh,
            en=row.en,
            lo=row.lo,
            hi=row.hi,
            colour=colour,
            colour_zh=row.colour_zh,
            rgb=row.rgb,
        )


def _phases(table: Gb3095) -> Iterator[AmbientLimits]:
    spans: Mapping[str, tuple[date, date | None]] = {
        name: (phase.first, phase.last) for name, phase in table.phases.items()
    } or {"all": (table.valid_from, table.valid_to)}
    for phase, (first, last) in spans.items():
        yield AmbientLimits(
            standard=table.standard,
            phase=phase,
            first=first,
            last=last,
            limits={
                (pollutant, statistic): (exact(one), exact(two))
                for pollutant, entry in table.limits.items()
                for statistic, (one, two) in entry.in_phase(phase).given().items()
            },
        )


def _validity(table: Gb3095, year: Hj663) -> Validity:
    """Of the newest GB 3095, whose figures for this are those of 2012 [from memory]."""
    given = table.validity
    return Validity(
        minutes_an_hour=given.h1.min_sampling_minutes,
        hours_a_day=given.h24.min_hourly_values_or_sampling_hours,
        hours_of_eight=given.h8_o3.min_hourly_values_of_8,
        days_a_year=given.annual.min_daily_values_per_year,
        days_a_month=given.annual.min_daily_values_per_month,
        days_in_february=given.annual.min_daily_values_february,
        mda8_first_label=year.mda8.first_label_hour,
        mda8_means=year.mda8.min_valid_8h_means,
        fewer_when_above_limit=year.mda8.fewer_valid_when_above_limit,
        hours_for_largest=year.largest_hour.min_valid_hours,
    )
