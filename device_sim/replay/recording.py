"""Files understood: every chosen row in order of time, and for whom it speaks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from device_sim.errors import ReplayError
from device_sim.replay import columns, table
from device_sim.replay.columns import Column, FileColumns, Override
from device_sim.replay.table import Choice, Opened, Refused, Row
from ingest.catalog import Catalog

ENOUGH = 20_000  # rows that show how far apart they lie


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What will be played. `fingerprint` is equal where the same files are read in the same way."""

    names: tuple[str, ...]
    columns: tuple[tuple[Column, ...], ...]  # of each file
    rows: Sequence[Row]
    kinds: Mapping[str, str]  # of each station
    measured: Mapping[str, frozenset[str]]  # parameters of each station the catalogue knows
    fingerprint: str


def load(
    files: Sequence[Path],
    *,
    catalog: Catalog,
    choice: Choice,
    overrides: Sequence[Override],
    kind: str | None,
    refused: Refused,
    tell: Callable[[str], None],
) -> Recording:
    """Reads the files. Raises `ReplayError`, with the way out, where they cannot be played as asked."""
    digest = hashlib.sha256(repr((choice, overrides, kind)).encode())
    understood: list[FileColumns] = []
    rows: list[Row] = []
    for number, file in enumerate(files):
        with table.opened(file) as content:
            found, lines = begin(content, catalog=catalog, choice=choice, overrides=overrides)
            if found.left_out:
                tell(f"{file.name}: left out: " + ", ".join(f"{name} ({why})" for name, why in found.left_out.items()))
            understood.append(found)
            rows.extend(table.rows(lines, number=number, name=file.name, columns=found, choice=choice, refused=refused))
            digest.update(content.fingerprint().encode())
    rows.sort(key=lambda row: row[:3])
    stations = {row.station for row in rows}
    return Recording(
        names=tuple(file.name for file in files),
        columns=tuple(found.columns for found in understood),
        rows=rows,
        kinds=_kinds(stations, catalog, kind),
        measured=_measured(stations, understood, catalog, tell),
        fingerprint=digest.hexdigest(),
    )


def begin(
    content: Opened, *, catalog: Catalog, choice: Choice, overrides: Sequence[Override]
) -> tuple[FileColumns, Iterator[list[str]]]:
    """The columns by a file's header, and the lines after it. Raises `ReplayError`, with the way out."""
    lines = content.lines()
    header = next(lines, None)
    if header is None:
        raise ReplayError(f"{content.file}: is empty")
    found = columns.understand(header, file=content.file.name, parameters=catalog.parameters, overrides=overrides)
    if found.station is None and choice.station is None:
        raise ReplayError(
            f"{content.file}: no station column; say whose it is with --station ID or --map COLUMN=station"
        )
    return found, lines


def spacing(rows: Sequence[Row]) -> timedelta:
    """How far a station's rows usually lie apart; zero where no station has two."""
    last: dict[str, datetime] = {}
    gaps: Counter[timedelta] = Counter()
    for row in islice(rows, ENOUGH):
        if row.station in last:
            gaps[row.label - last[row.station]] += 1
        last[row.station] = row.label
    return gaps.most_common(1)[0][0] if gaps else timedelta(0)


def _kinds(stations: Iterable[str], catalog: Catalog, kind: str | None) -> Mapping[str, str]:
    known = catalog.by_id
    strangers = sorted(station for station in stations if station not in known)
    if strangers and kind is None:
        shown = ", ".join(strangers[:5]) + (", ..." if len(strangers) > 5 else "")  # noqa: PLR2004  a readable line
        raise ReplayError(
            f"the catalogue has no station {shown}: say --kind air, source or outfall to publish as such, "
            "or add them to config/stations"
        )
    return {station: kind if kind is not None else known[station].kind.value for station in stations}


def _measured(
    stations: Iterable[str], understood: Iterable[FileColumns], catalog: Catalog, tell: Callable[[str], None]
) -> Mapping[str, frozenset[str]]:
    known = catalog.by_id
    measured = {station: frozenset(known[station].parameters) for station in stations if station in known}
    recorded = {column.parameter for found in understood for column in found.columns}
    idle = sorted(recorded - frozenset().union(*measured.values())) if len(measured) == len(set(stations)) else []
    if idle and measured:
        tell(f"left out: {', '.join(idle)} (none of these stations measures it)")
    return measured
