"""Entries of the catalogue as a table for a spreadsheet, and back: `read_table(write_table(x)) == x`.

A column is a field, with dots into its parts. A list of records is one column whose heading names the fields of a
record (`permit.limits[parameter|hour|day|cold_day]`), and whose cells are written as in `cells`. An empty cell is a
field that is not there. Columns may stand in any order, and be left out where the field may.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ingest.catalog.cells import read_cell, write_cell

Model = TypeVar("Model", bound=BaseModel)
Keys = tuple[str, ...]
_KEY = "parameter"  # heading of a mapping's key


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a table: the line of the file (1 is the heading), the column or none, and the message."""

    line: int
    column: str
    message: str


class TableError(ValueError):
    """A table that cannot be read; `wrongs` is everything that is wrong with it."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        self.wrongs = tuple(wrongs)
        super().__init__("; ".join(f"line {one.line}, {one.column}: {one.message}" for one in wrongs))


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    path: Keys
    inner: tuple[Keys, ...] | None  # of a record; None where the cell is one value
    keyed: bool = False  # the records' first field is the key of a mapping
    bare: bool = False  # the records are no models but single texts

    def write(self, entry: Mapping[str, Any]) -> str:
        value = _at(entry, self.path)
        if value is None:
            return ""
        if self.inner is None:
            return _text(value)
        if self.keyed:
            return write_cell([key, *(_text(_at(one, keys)) for keys in self.inner)] for key, one in value.items())
        if self.bare:
            return write_cell([_text(one)] for one in value)
        return write_cell([_text(_at(one, keys)) for keys in self.inner] for one in value)

    def read(self, cell: str) -> Any:
        """Raises `ValueError` where a record has more fields than the heading."""
        if self.inner is None:
            return cell
        records = read_cell(cell)
        if self.bare:
            return [_only(record) for record in records]
        found = [self._record(record[self.keyed :]) for record in records]
        if not self.keyed:
            return found
        keys = [record[0] for record in records]
        if len(set(keys)) < len(keys):
            msg = f"a {_KEY} is there twice"
            raise ValueError(msg)
        return dict(zip(keys, found, strict=True))

    def _record(self, fields: Sequence[str]) -> dict[str, Any]:
        assert self.inner is not None, "only records are read so"
        if len(fields) > len(self.inner):
            msg = f"{len(fields)} fields where the heading has {len(self.inner)}"
            raise ValueError(msg)
        return _nested((keys, field) for keys, field in zip(self.inner, fields, strict=False) if field)


class Table(Generic[Model]):
    """The table of one kind of entry."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._columns = {column.heading: column for column in _columns(model, ())}

    @property
    def headings(self) -> tuple[str, ...]:
        """In the order they are written."""
        return tuple(self._columns)

    def write(self, entries: Iterable[Model]) -> str:
        """As CSV (RFC 4180), the heading first."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(self._columns)
        for entry in entries:
            plain = entry.model_dump(mode="python", exclude_none=True)
            writer.writerow([column.write(plain) for column in self._columns.values()])
        return out.getvalue()

    def read(self, text: str) -> tuple[Model, ...]:
        """The entries. Raises `TableError` with everything that is wrong."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        wrongs: list[Wrong] = []
        entries: list[Model] = []
        line = 1
        try:
            columns = self._heading(next(reader, []))
            line = reader.line_num + 1
            for row in reader:
                if any(row):
                    try:
                        entries.append(self._entry(row, columns, line))
                    except TableError as error:
                        wrongs += error.wrongs
                line = reader.line_num + 1
        except csv.Error as error:
            wrongs.append(Wrong(line, "", f"is not CSV: {error}"))
        if wrongs:
            raise TableError(wrongs)
        return tuple(entries)

    def _heading(self, row: Sequence[str]) -> list[_Column]:
        strange = [name for name in row if name not in self._columns]
        twice = [name for name in dict.fromkeys(row) if row.count(name) > 1]
        wrongs = [Wrong(1, name, "no such column; `catalog export` writes them all") for name in strange]
        wrongs += [Wrong(1, name, "is there twice") for name in twice if name not in strange]
        if not row:
            wrongs = [Wrong(1, "", "is empty: there is no heading")]
        if wrongs:
            raise TableError(wrongs)
        return [self._columns[name] for name in row]

    def _entry(self, row: Sequence[str], columns: Sequence[_Column], line: int) -> Model:
        if len(row) > len(columns):
            raise TableError([Wrong(line, "", f"{len(row)} cells under {len(columns)} headings")])
        cells: list[tuple[Keys, Any]] = []
        wrongs = []
        for column, cell in zip(columns, row, strict=False):
            try:
                if cell:
                    cells.append((column.path, column.read(cell)))
            except ValueError as error:
                wrongs.append(Wrong(line, column.heading, str(error)))
        if wrongs:
            raise TableError(wrongs)
        try:
            return self._model.model_validate(_nested(cells))
        except ValidationError as error:
            raise TableError(
                [
                    Wrong(line, self._column_of(one["loc"]), one["msg"].removeprefix("Value error, "))
                    for one in error.errors(include_url=False)
                ]
            ) from error

    def _column_of(self, location: tuple[int | str, ...]) -> str:
        """The heading that a model's location lies under; the location itself where it lies over several."""
        for heading, column in self._columns.items():
            if location[: len(column.path)] == column.path:
                return heading
        return ".".join(map(str, location))


def _columns(model: type[BaseModel], path: Keys) -> Iterator[_Column]:
    for name, field in model.model_fields.items():
        here = (*path, name)
        dotted = ".".join(here)
        kind = _without_none(field.annotation)
        if inner := _model_in(kind):
            yield from _columns(inner, here)
        elif get_origin(kind) is tuple:
            record = _model_in(get_args(kind)[0])
            fields = tuple(_leaves(record, ())) if record else ()
            heading = f"{dotted}[{'|'.join('.'.join(keys) for keys in fields)}]" if record else f"{dotted}[]"
            yield _Column(heading, here, fields, bare=record is None)
        elif isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):
            record = _model_in(get_args(kind)[1])
            assert record is not None, f"{dotted}: a mapping to models"
            fields = tuple(_leaves(record, ()))
            heading = f"{dotted}[{'|'.join([_KEY, *('.'.join(keys) for keys in fields)])}]"
            yield _Column(heading, here, fields, keyed=True)
        else:
            yield _Column(dotted, here, None)


def _leaves(model: type[BaseModel], path: Keys) -> Iterator[Keys]:
    for name, field in model.model_fields.items():
        inner = _model_in(_without_none(field.annotation))
        if inner:
            yield from _leaves(inner, (*path, name))
        else:
            yield (*path, name)


def _without_none(kind: Any) -> Any:
    left = [one for one in get_args(kind) if one is not type(None)]
    return left[0] if len(left) == 1 and type(None) in get_args(kind) else kind


def _model_in(kind: Any) -> type[BaseModel] | None:
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _at(entry: Mapping[str, Any], path: Keys) -> Any:
    value: Any = entry
    for key in path:
        value = value.get(key) if value is not None else None
    return value


def _nested(cells: Iterable[tuple[Keys, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in cells:
        part = found
        for key in path[:-1]:
            part = part.setdefault(key, {})
        part[path[-1]] = value
    return found


def _only(record: Sequence[str]) -> str:
    if len(record) > 1:
        msg = f"one field a line, not {len(record)}"
        raise ValueError(msg)
    return record[0]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    return repr(value) if isinstance(value, float) else str(value)
