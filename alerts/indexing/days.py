"""Lines of `clearwarn index air --period day` read back as days, by station, and joined to those of an area. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil

from alerts.errors import UnusableFileError
from alerts.indexing.lines import OF_DAY
from alerts.standards import POLLUTANT_OF, AirStandards, DayAmounts, Indicator
from alerts.windows import MILLION

COVERAGE = Fraction(3, 4)  # of an area's stations must have a value: engineering default, as for its hours
LARGEST = Decimal(100_000)  # no concentration is above it; and none below zero is reported

ByStation = Mapping[str, Sequence[DayAmounts]]


def read(lines: Iterable[str], name: str) -> ByStation:
    """Each station's days in order. Raises `UnusableFileError`, with file and line, where it is not such a file."""
    reader = csv.reader(lines)
    header = next(reader, [])
    wanted = ("station", "date", *OF_DAY)
    if missing := [column for column in wanted if column not in header]:
        raise UnusableFileError(
            f"{name}:1: no column {', '.join(missing)}: want a file that `clearwarn index air --period day` wrote"
        )
    places = [header.index(column) for column in wanted]
    found: dict[str, dict[date, DayAmounts]] = {}
    for row in reader:
        where = f"{name}:{reader.line_num}"
        if len(row) != len(header):
            raise UnusableFileError(f"{where}: {len(row)} cells, the header has {len(header)}")
        station, day, *cells = (row[place] for place in places)
        try:
            amounts = dict(_amounts(cells))
            on = date.fromisoformat(day)
        except (ValueError, InvalidOperation) as error:
            raise UnusableFileError(
                f"{where}: not a date and concentrations: {','.join([day, *cells])[:120]}"
            ) from error
        days = found.setdefault(station, {})
        if on in days:
            raise UnusableFileError(f"{where}: {on} of station {station} is there twice")
        days[on] = DayAmounts(on, amounts)
    return {station: [days[on] for on in sorted(days)] for station, days in found.items()}


def _amounts(cells: Sequence[str]) -> Iterator[tuple[Indicator, int]]:
    for indicator, cell in zip(OF_DAY.values(), cells, strict=True):
        if cell:
            value = Decimal(cell)
            if not 0 <= value <= LARGEST:
                raise ValueError(cell)
            yield indicator, int(value * MILLION)


def joined(stations: ByStation, standards: AirStandards) -> Sequence[DayAmounts]:
    """Days of an area: the arithmetic mean over its stations that have a value (HJ 663 [from memory]), rounded.

    Of too few stations, no value.
    """
    needed = ceil(COVERAGE * len(stations))
    by_date: dict[date, list[Mapping[Indicator, int]]] = {}
    for days in stations.values():
        for day in days:
            by_date.setdefault(day.date, []).append(day.amounts)
    found = []
    for on in sorted(by_date):
        edition = standards.edition_on(on)
        amounts = {}
        for indicator in OF_DAY.values():
            values = [each[indicator] for each in by_date[on] if indicator in each]
            if values and len(values) >= needed:
                amounts[indicator] = edition.reported(POLLUTANT_OF[indicator], sum(values), len(values))
        found.append(DayAmounts(on, amounts))
    return found
