"""The labelled series as columns: values, and what people labelled. Nothing is filled in, smoothed or left out.

Logan River loggers write -9999 for a fault: that is no value, whoever judges, and a label on it alone is no event.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import nan
from typing import NamedTuple

from tests.support.recorded import recorded

GECCO = "water_gecco2018_*.csv.gz"
LOGAN = ("mainstreet", "waterlab", "tonygrove")
HOUR = 3_600_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOGGER_FAULT = -9000  # and below: -9999 as the publisher writes it

# What one digit of the publisher's numbers is worth: the least that any method calls a deviation.
_GECCO_STEPS = {
    "temp_c": 0.1,
    "clo2_ms1_mgl": 0.01,
    "ph": 0.01,
    "redox_mv": 1.0,
    "cond_uscm": 1.0,
    "turb_ntu": 0.001,
    "clo2_ms2_mgl": 0.001,
}
_LOGAN_COLUMNS = {
    "temp": "temp_c",
    "cond": "cond_uscm",
    "ph": "ph",
    "do": "do_mgl",
    "turb": "turb_ntu",
    "stage": "stage_cm",
}
_LOGAN_STEPS = {"temp": 0.01, "cond": 0.1, "ph": 0.01, "do": 0.01, "turb": 0.01, "stage": 0.01}

Event = tuple[int, int]  # first row, and the one after the last
Column = Sequence[float]


class Recording(NamedTuple):
    """One station. `events` by subject: the parameter a label is about, or `""` for the station as a whole."""

    name: str
    instants: Sequence[int]  # microseconds
    columns: Mapping[str, Column]  # NaN for no value
    steps: Mapping[str, float]  # of the parameters, in their units
    events: Mapping[str, Sequence[Event]]
    labelled: Mapping[str, Sequence[bool]]  # row by row, by subject

    @property
    def half(self) -> int:
        """Where the rows that are scored begin; those before are for tuning."""
        return len(self.instants) // 2


def gecco() -> Recording:
    """GECCO 2018: a drinking-water line by the minute. The two flows are operation rather than water: not judged."""
    rows = _rows(GECCO)
    labelled = [row["event"] == "1" for row in rows]
    return Recording(
        name="GECCO 2018",
        instants=_instants(rows),
        columns={name: [_number(row[name]) for row in rows] for name in _GECCO_STEPS},
        steps=_GECCO_STEPS,
        events={"": events_in(labelled, joining=1)},
        labelled={"": labelled},
    )


def logan(site: str) -> Recording:
    """A river sonde by the quarter of an hour: as recorded, with what technicians labelled for whatever reason.

    Labels up to an hour apart are one event.
    """
    rows = _rows(f"water_lro_{site}_*.csv.gz")
    columns = {name: [_believed(_number(row[column])) for row in rows] for name, column in _LOGAN_COLUMNS.items()}
    labelled = {
        name: [bool(row[f"{name}_qualifier"]) and value == value for row, value in zip(rows, column, strict=True)]  # noqa: PLR0124  NaN
        for name, column in columns.items()
    }
    return Recording(
        name=f"Logan River, {site}",
        instants=_instants(rows),
        columns=columns,
        steps=_LOGAN_STEPS,
        events={name: events_in(rows_labelled, joining=4) for name, rows_labelled in labelled.items()},
        labelled=labelled,
    )


def events_in(labelled: Sequence[bool], *, joining: int) -> list[Event]:
    """Runs of labelled rows; those at most `joining` rows apart are one."""
    found: list[Event] = []
    for row, is_labelled in enumerate(labelled):
        if not is_labelled:
            continue
        if found and row - found[-1][1] < joining:
            found[-1] = (found[-1][0], row + 1)
        else:
            found.append((row, row + 1))
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(recorded(name), "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _instants(rows: Sequence[Mapping[str, str]]) -> list[int]:
    """The publishers name no zone: what counts here is how far apart they are."""
    return [(datetime.fromisoformat(row["time"]).replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND for row in rows]


def _number(text: str) -> float:
    return float(text) if text else nan


def _believed(value: float) -> float:
    return nan if value <= _LOGGER_FAULT else value
