"""A file of water samples, a row each: which column is which item, and what its cells say. Pure.

Columns: `station`, `time`, and items by their key, perhaps with a unit (`nh3_n`, `nh3_n_mgl`, `hg_ugl`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from alerts.errors import UnusableFileError

_STATION = ("station", "station_id", "site", "source")
_TIME = ("time", "timestamp", "datetime", "month", "date", "day")
_ALIASES = {"nh3n": "nh3_n", "water_temp": "temp", "fluor": "fluoride", "cr_6": "cr6"}
_UNITS: Mapping[str, Decimal] = {  # to mg/L
    "gl": Decimal(1000),
    "mgl": Decimal(1),
    "ugl": Decimal("0.001"),
    "ngl": Decimal("0.000001"),
}
_ABSENT = frozenset({"", "na", "nan", "null", "-", "--"})


class WaterSample(NamedTuple):
    """One row. `time` is the cell as it stands."""

    line: int
    station: str
    time: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    key: str
    factor: Decimal
    bounded: bool  # whether `<0.01` says enough: the value is at most that


class SampleFile:
    """The rows of one file, in its order. `refused` counts cells and rows left out, by reason."""

    def __init__(
        self, rows: Iterator[tuple[int, Sequence[str]]], *, name: str, items: Collection[str], at_most: Collection[str]
    ) -> None:
        """Reads the heading. Raises `UnusableFileError`. `at_most` are the items that have an upper limit."""
        self._name = name
        self._rows = rows
        _, heading = next(rows, (1, ()))
        names = [cell.strip().lower() for cell in heading]
        self._station = self._place(names, _STATION)
        self._time = self._place(names, _TIME)
        self._columns = []
        self.left_out: list[str] = []
        for index, text in enumerate(names):
            if index in {self._station, self._time}:
                continue
            column = _column(index, text, items, at_most)
            if column is None or column.key in self.keys:
                self.left_out.append(heading[index])
            else:
                self._columns.append(column)
        if not self._columns:
            raise UnusableFileError(
                f"{name}:1: no column is an item of the standard; name them {', '.join(sorted(items))}"
            )
        self.refused: Counter[str] = Counter()

    def _place(self, names: Sequence[str], wanted: Iterable[str]) -> int:
        wanted = tuple(wanted)
        for name in wanted:
            if name in names:
                return names.index(name)
        raise UnusableFileError(f"{self._name}:1: no column is named {' or '.join(wanted)}")

    @property
    def keys(self) -> tuple[str, ...]:
        """The items that have a column."""
        return tuple(column.key for column in self._columns)

    def samples(self) -> Iterator[WaterSample]:
        """Row by row; a cell that says no number is left out of its row and counted."""
        for line, row in self._rows:
            if not any(row):
                continue
            if len(row) <= max(self._station, self._time) or not row[self._station] or not row[self._time]:
                self.refused["no station or time"] += 1
                continue
            values = {}
            for column in self._columns:
                cell = row[column.index].strip() if column.index < len(row) else ""
                if cell.lower() in _ABSENT:
                    continue
                value = _number(cell, column)
                if value is None:
                    self.refused["not a number"] += 1
                elif value < 0:
                    self.refused["negative"] += 1
                else:
                    values[column.key] = value
            yield WaterSample(line, row[self._station].strip(), row[self._time].strip(), values)


def _column(index: int, text: str, items: Collection[str], at_most: Collection[str]) -> _Column | None:
    whole = _ALIASES.get(text, text)
    if whole in items:
        return _Column(index, whole, Decimal(1), whole in at_most)
    stem, _, unit = text.rpartition("_")
    stem = _ALIASES.get(stem, stem)
    factor = _UNITS.get(unit.replace("/", ""))
    return _Column(index, stem, factor, stem in at_most) if stem in items and factor is not None else None


def _number(cell: str, column: _Column) -> float | None:
    """Below a detection limit (`<0.01`, `0.01L`) it is at most that; that is enough where less is better."""
    if column.bounded:
        cell = cell.removeprefix("<").removesuffix("L")
    try:
        value = float(Decimal(cell) * column.factor) if "_" not in cell else math.nan
    except (InvalidOperation, OverflowError):
        return None
    return value if math.isfinite(value) and value < _LARGEST else None


_LARGEST = 2e9  # up to there millionths are exact (`standards.amounts`)
