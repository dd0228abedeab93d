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
from ingest.catalog import Catalog

HOUR = 3600  # s
REMEMBERED = 50_000  # texts of numbers a column, so that those that come again are not worked out again

HourlyRow = tuple[int, str, float, tuple[float | None, ...]]


class HourlyFile:
    """An open file of hourly means of some parameters of the catalogue."""

    def __init__(
        self,
        *,
        content: Opened,
        lines: Iterator[list[str]],
        found: FileColumns,
        parameters: Sequence[str],
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
        mapped = {column.parameter: place for place, column in enumerate(found.columns)}
        self._places = [mapped.get(name) for name in parameters]
        self.absent = tuple(name for name in parameters if name not in mapped)

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
        self._refused.add(f"{self._content.file.name}:{line}", reason, what)

    def zone_of(self, station: str) -> tzinfo:
        """The catalogue's zone of that station, or the chosen one."""
        known = self._catalog.by_id.get(station)
        return self._choice.zone if known is None or known.zone is None else ZoneInfo(known.zone)

    def rows(self) -> Iterator[HourlyRow]:
        """Line, station, beginning of the hour (seconds since the epoch) and values, in the order of the file.

        A cell that is no number, or out of the catalogue's range (such a reading is flagged `fail` by intake), is
        refused and None.
        """
        cells = [None if place is None else _Cells(self._found.columns[place], self._catalog) for place in self._places]
        places, shift = self._places, self._shift
        name = self._content.file.name
        given = table.rows(
            self._lines, number=0, name=name, columns=self._found, choice=self._choice, refused=self._refused
        )
        for label, _, line, station, text in given:
            if not station:
                self.refuse(line, "no_station", "the station's cell is empty")
                continue
            split = text.split(SEPARATOR)
            values: list[float | None] = []
            for place, column in zip(places, cells, strict=True):
                if place is None or column is None:
                    values.append(None)
                    continue
                value = column.known.get(split[place])
                if value is None and split[place].strip():
                    given_or_reason = column.read(split[place])
                    if isinstance(given_or_reason, str):
                        self.refuse(line, given_or_reason, f"{column.name} {split[place][:40]!r}")
                    else:
                        value = given_or_reason
                values.append(value)
            yield line, station, label.timestamp() - shift, tuple(values)


class _Cells:
    """A column's cells as numbers; those that were in order are remembered by their text."""

    def __init__(self, column: Column, catalog: Catalog) -> None:
        self._column = column
        self._limits = catalog.parameters[column.parameter]
        self.name = column.name
        self.known: dict[str, float] = {}

    def read(self, cell: str) -> float | str:
        """The number, or why it is none."""
        value = self._column.number(cell.strip())
        if isinstance(value, str):
            return value
        if not self._limits.low <= value <= self._limits.high:
            return "range"
        if len(self.known) >= REMEMBERED:
            self.known.clear()
        self.known[cell] = value
        return value


@contextmanager
def opened(
    file: Path,
    *,
    parameters: Sequence[str],
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
        opened_file = HourlyFile(
            content=content,
            lines=lines,
            found=found,
            parameters=parameters,
            catalog=catalog,
            choice=choice,
            label=Label(label),
            refused=Refused(tell),
        )
        if len(opened_file.absent) == len(parameters):
            raise ReplayError(
                f"{file}: no column is one of {', '.join(parameters)}; "
                "say which is which with --map COLUMN=PARAMETER[:UNIT]"
            )
        yield opened_file
