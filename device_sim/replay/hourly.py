"""A file of hourly rows as numbers in the catalogue's units, one row at a time: what works over a file reads it so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from device_sim.errors import ReplayError
from device_sim.replay import columns, recording, table
from device_sim.replay.columns import Column, FileColumns
from device_sim.replay.steps import Label
from device_sim.replay.table import SEPARATOR, Choice, Opened, Refused
from ingest.catalog import Catalog, Parameter

HOUR = 3600  # s
REMEMBERED = 50_000  # texts of numbers a column, so that those that come again are not worked out again

HourlyRow = tuple[int, str, float, tuple[int | None, ...]]
Convert = Callable[[float], int]  # what the reader makes of a number in the catalogue's unit


class HourlyFile:
    """An open file of hourly means. `present` are the parameters that were asked for and have a column."""

    def __init__(
        self,
        *,
        content: Opened,
        lines: Iterator[list[str]],
        found: FileColumns,
        parameters: Sequence[str],
        convert: Convert,
        catalog: Catalog,
        choice: Choice,
        label: Label,
        refused: Refused,
    ) -> None:
        self._content = content
        self._lines = lines
        self._found = found
        self._catalog = catalog
        self._choice = choice
        self._shift = HOUR if label is Label.END else 0
        self._refused = refused
        places = {column.parameter: place for place, column in enumerate(found.columns)}
        self.present = tuple(name for name in parameters if name in places)
        self._columns = [
            _Cells(
                place=places[name],
                column=found.columns[places[name]],
                parameter=catalog.parameters[name],
                convert=convert,
            )
            for name in self.present
        ]

    @property
    def name(self) -> str:
        """As messages name it."""
        return self._content.file.name

    @property
    def share(self) -> float:
        """How much of the file is read, up to 1."""
        return self._content.read() / max(1, self._content.size)

    @property
    def refused(self) -> Mapping[str, int]:
        """Rows and cells left out so far, by reason."""
        return self._refused.reasons

    def refuse(self, line: int, reason: str, what: str) -> None:
        """Counts and tells of a row that has no use after all."""
        self._refused.add(f"{self.name}:{line}", reason, what)

    def zone_of(self, station: str) -> tzinfo:
        """The catalogue's zone of that station, or the chosen one."""
        known = self._catalog.by_id.get(station)
        return self._choice.zone if known is None or known.zone is None else ZoneInfo(known.zone)

    def rows(self) -> Iterator[HourlyRow]:
        """Line, station, beginning of the hour (seconds since the epoch) and values, in the order of the file.

        Values are those of the parameters `present`, in that order. A cell that is no number, or out of the catalogue's
        range (such a reading is flagged `fail` by intake), is refused and None, as an empty one is.
        """
        places = [(column.place, column.known) for column in self._columns]
        given = table.rows(
            self._lines, number=0, name=self.name, columns=self._found, choice=self._choice, refused=self._refused
        )
        for label, _, line, station, text in given:
            if not station:
                self.refuse(line, "no_station", "the station's cell is empty")
                continue
            cells = text.split(SEPARATOR)
            try:
                values = tuple([known[cells[place]] for place, known in places])
            except KeyError:
                values = tuple([self._value(column, cells[column.place], line) for column in self._columns])
            yield line, station, label.timestamp() - self._shift, values

    def _value(self, column: _Cells, cell: str, line: int) -> int | None:
        """As it is known, or for the first time."""
        if cell not in column.known and (reason := column.learn(cell)):
            self.refuse(line, reason, f"{column.name} {cell[:40]!r}")
            return None
        return column.known[cell]


class _Cells:
    """A column's cells as values. `known` remembers those that were in order by their text."""

    def __init__(self, *, place: int, column: Column, parameter: Parameter, convert: Convert) -> None:
        self.place = place
        self.name = column.name
        self.known: dict[str, int | None] = {"": None}
        self._column = column
        self._limits = parameter
        self._convert = convert

    def learn(self, cell: str) -> str:
        """Takes a cell into `known`, or says why not."""
        stripped = cell.strip()
        value = self._column.number(stripped) if stripped else None
        if isinstance(value, str):
            return value
        if value is not None and not self._limits.low <= value <= self._limits.high:
            return "range"
        if len(self.known) >= REMEMBERED:
            self.known.clear()
            self.known[""] = None
        self.known[cell] = None if value is None else self._convert(value)
        return ""


@contextmanager
def opened(
    file: Path,
    *,
    parameters: Sequence[str],
    convert: Convert,
    catalog: Catalog,
    choice: Choice,
    overrides: Sequence[str],
    label: str,
    tell: Callable[[str], None],
) -> Iterator[HourlyFile]:
    """Reads the header; rows come as they are asked for. Raises `ReplayError`, also while the block reads them."""
    with table.opened(file) as content:
        asked = [columns.parse_override(text) for text in overrides]
        found, lines = recording.begin(content, catalog=catalog, choice=choice, overrides=asked)
        hourly = HourlyFile(
            content=content,
            lines=lines,
            found=found,
            parameters=parameters,
            convert=convert,
            catalog=catalog,
            choice=choice,
            label=Label(label),
            refused=Refused(tell),
        )
        if not hourly.present:
            raise ReplayError(
                f"{file}: no column is one of {', '.join(parameters)}; "
                "say which is which with --map COLUMN=PARAMETER[:UNIT]"
            )
        yield hourly
