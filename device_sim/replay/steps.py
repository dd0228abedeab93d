"""Rows as messages: one step for each time, the clock's message first. Pure.

A step's order is the file's, so that two runs send the same bytes in the same order: the resume point depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from device_sim import encoder
from device_sim.encoder import Dispatch, Report
from device_sim.periods import Period
from device_sim.replay.recording import Recording
from device_sim.replay.table import SEPARATOR, Refused, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All that is due at one moment; `number` counts from 1."""

    number: int
    due: datetime
    rows: int
    dispatches: Sequence[Dispatch]


@dataclass(slots=True)
class Counts:
    """What became of the cells."""

    values: int = 0
    empty: int = 0
    rows_without_value: int = 0


class Label(StrEnum):
    """Which end of its period a file's time names."""

    START = "start"
    END = "end"


def steps(
    recording: Recording,
    *,
    period: Period,
    label: Label,
    clock: bool,
    refused: Refused,
    counts: Counts,
    done: int = 0,
) -> Iterator[Step]:
    """Every step after the first `done`."""
    for number, (named, rows) in enumerate(groupby(recording.rows, key=lambda row: row.label), start=1):
        if number <= done:
            continue
        began = named - period.length if label is Label.END else named
        due = began + period.length
        here = list(rows)
        dispatches = [
            encoder.one(
                Report(
                    station=row.station,
                    kind=recording.kinds[row.station],
                    period=period.value,
                    began=began,
                    due=due,
                    values=values,
                )
            )
            for row in here
            if (values := _values(row, recording, refused, counts))
        ]
        if clock:
            dispatches.insert(0, encoder.clock(due))
        yield Step(number=number, due=due, rows=len(here), dispatches=dispatches)


def _values(row: Row, recording: Recording, refused: Refused, counts: Counts) -> dict[str, float]:
    measured = recording.measured.get(row.station)
    values: dict[str, float] = {}
    for column, given in zip(recording.columns[row.file], row.cells.split(SEPARATOR), strict=True):
        if measured is not None and column.parameter not in measured:
            continue
        cell = given.strip()
        if not cell:
            counts.empty += 1
            continue
        value = column.number(cell)
        if isinstance(value, str):
            refused.add(_where(row, recording), value, f"{column.name} {cell[:40]!r}")
            continue
        values[column.parameter] = value
    if values:
        counts.values += len(values)
    else:
        counts.rows_without_value += 1
    return values


def _where(row: Row, recording: Recording) -> str:
    return f"{recording.names[row.file]}:{row.line}"
