"""Which column of a file is which parameter, in which unit. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from device_sim.errors import ReplayError
from device_sim.replay import units
from device_sim.replay.units import Conversion, Unit
from ingest.catalog import Parameter

TIME_NAMES = ("time", "timestamp", "datetime", "date_time", "date")
STATION_NAMES = ("station", "station_id", "site", "site_id")
# Names common in published data, and ours.
ALIASES: Mapping[str, str] = {
    "pm25": "pm2_5",
    "pm2.5": "pm2_5",
    "pres": "pressure",
    "wind": "wind_speed",
    "rh": "humidity",
    "ec": "cond",
    "conductivity": "cond",
    "turbidity": "turb",
    "temperature": "temp",
    "nh3n": "nh3_n",
    "chla": "chl_a",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is a parameter."""

    index: int
    name: str
    parameter: str
    convert: Conversion

    def number(self, cell: str) -> float | str:
        """What a cell that is not empty says in the parameter's unit, or why it says nothing."""
        if "_" in cell:  # Python would read 1_000
            return "not_a_number"
        try:
            value = self.convert(cell)
        except (ValueError, OverflowError):
            return "not_a_number"
        return value if math.isfinite(value) else "not_finite"


@dataclass(frozen=True, slots=True)
class FileColumns:
    """A file's columns, understood. `left_out` holds the names of those that map to nothing, each with the reason."""

    time: int
    station: int | None
    columns: tuple[Column, ...]
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Override:
    """One `--map column=parameter[:unit]`; the parameter may be `time`, `station`, or nothing: left out."""

    column: str
    target: str
    unit: str | None


def parse_override(text: str) -> Override:
    """Raises `ReplayError` where the text is not of that form."""
    column, equals, target = text.partition("=")
    if not equals or not column:
        raise ReplayError(f"--map {text!r}: want column=parameter or column=parameter:unit")
    parameter, colon, unit = target.partition(":")
    return Override(column.strip(), parameter.strip(), unit.strip() if colon else None)


def understand(
    header: Sequence[str], *, file: str, parameters: Mapping[str, Parameter], overrides: Iterable[Override] = ()
) -> FileColumns:
    """Raises `ReplayError`, with the way out, where there is no time column or no column maps."""
    given = {override.column: override for override in overrides}
    if missing := [name for name in given if name not in header]:
        raise ReplayError(
            f"{file}: --map names no column of the file: {', '.join(missing)} (it has {', '.join(header)})"
        )
    time = _named(header, given, "time", TIME_NAMES)
    if time is None:
        raise ReplayError(f"{file}: no time column among {', '.join(header)}; name it with --map COLUMN=time")
    station = _named(header, given, "station", STATION_NAMES)
    found: dict[str, Column] = {}
    left_out: dict[str, str] = {}
    for index, name in enumerate(header):
        if index in (time, station):
            continue
        column = _column(index, name, parameters, given.get(name))
        if isinstance(column, str):
            left_out[name] = column
        elif column.parameter in found and name not in given:
            left_out[name] = f"{found[column.parameter].name} is {column.parameter} already"
        else:
            if (earlier := found.get(column.parameter)) is not None:
                left_out[earlier.name] = f"{name} is {column.parameter}"
            found[column.parameter] = column
    if not found:
        raise ReplayError(
            f"{file}: no column is a parameter of the catalogue: {', '.join(left_out)}. "
            f"Say which is which with --map COLUMN=PARAMETER[:UNIT]; parameters: {', '.join(parameters)}"
        )
    return FileColumns(time, station, tuple(found.values()), left_out)


def _named(header: Sequence[str], given: Mapping[str, Override], target: str, usual: Sequence[str]) -> int | None:
    names = [override.column for override in given.values() if override.target == target]
    names += [name for wanted in usual for name in header if name.strip().lower() == wanted and name not in given]
    return header.index(names[0]) if names else None


def _column(index: int, name: str, parameters: Mapping[str, Parameter], override: Override | None) -> Column | str:
    """The column, or why it is left out."""
    if override is not None and not override.target:
        return "left out by --map"
    split = (override.target, override.unit) if override is not None else _split(name.strip().lower(), parameters)
    if split is None or split[0] not in parameters:
        return "no such parameter"
    parameter, unit = split
    wanted = units.find(parameters[parameter].unit)
    if override is not None and unit is None:
        unit = _unit_in_name(name, wanted)
    given = wanted if unit is None else units.find(unit)
    convert = units.conversion(given, wanted) if given is not None and wanted is not None else None
    if convert is None:
        return f"{unit} is not convertible to {parameters[parameter].unit}"
    return Column(index, name, parameter, convert)


def _unit_in_name(name: str, wanted: Unit | None) -> str | None:
    """`effluent_mgd` says its unit even where `--map` does not; one that does not fit says nothing."""
    ending = name.strip().lower().rpartition("_")[2]
    found = units.find(ending)
    fits = found is not None and wanted is not None and found.quantity is wanted.quantity
    return ending if fits and "_" in name else None


def _split(name: str, parameters: Mapping[str, Parameter]) -> tuple[str, str | None] | None:
    """`co_ugm3` as (`co`, `ugm3`); a parameter's own name has no unit."""
    whole = ALIASES.get(name, name)
    if whole in parameters:
        return whole, None
    stem, _, unit = name.rpartition("_")
    stem = ALIASES.get(stem, stem)
    return (stem, unit) if stem in parameters and units.find(unit) is not None else None
