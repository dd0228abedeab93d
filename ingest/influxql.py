"""The questions put to InfluxDB and the reading of its answers. Pure.

InfluxQL runs on InfluxDB 1.8, 2 and 3 (DESIGN section 5). Times are microseconds (`epoch=u`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ingest.line_protocol import CORRECTED
from ingest.model import MEASUREMENTS, Flag, StoredIndex
from ingest.moments import EPOCH, to_micros
from ingest.ports import StoredReading, StoredSeries

_LAST = 9_223_372_036_854_775  # us; InfluxDB counts nanoseconds in 64 bits: 1677-09-21 to 2262-04-11
_MISSING, _PASS = Flag.MISSING.value, Flag.PASS.value

_FLAG = "_flag"
_INDEX_FIELDS = ("value", "flag", "revision", "have", "of", "missing", "edition", "primary")
_Row = dict[str, Any]
_Remarks = Mapping[tuple[str, int, int], str]  # period, instant, flag -> reason

_Series = tuple[str, str, str]  # station, parameter, period


def history(station: str, parameter: str, start: datetime, end: datetime, period: str | None) -> str:
    """One statement: the readings, and the reasons of those that are not `pass`."""
    span = f"time >= {_micros(start)}u AND time <= {_micros(end)}u"
    where = f'"station" = {literal(station)} AND {span}'
    if period is not None:
        where += f' AND "period" = {literal(period)}'
    value, flag = identifier(parameter), identifier(f"{parameter}_flag")
    remarks = f'{where} AND "parameter" = {literal(parameter)} AND "reason" != {literal(CORRECTED)}'
    points = f'{value} AS "value", {flag} AS "flag" FROM {_KINDS} WHERE {where} GROUP BY "period"'
    return f'SELECT {points}; SELECT "flag", "received" FROM "quality" WHERE {remarks} GROUP BY "period", "reason"'  # noqa: S608  # every name and text is quoted


def newest(stations: Sequence[str], start: datetime, end: datetime, most: int) -> str:
    """One statement: the newest `most` points of each station and period with all their fields, and the reasons."""
    of = " OR ".join(f'"station" = {literal(station)}' for station in stations)
    where = f"({of}) AND time >= {_micros(start)}u AND time <= {_micros(end)}u"
    bound = f"ORDER BY time DESC LIMIT {most}"
    points = f'SELECT * FROM {_KINDS} WHERE {where} GROUP BY "station", "period" {bound}'  # noqa: S608  # as below
    tags = '"station", "parameter", "period", "reason"'
    remarks = f'{where} AND "reason" != {literal(CORRECTED)} GROUP BY {tags} {bound}'
    return f'{points}; SELECT "flag", "received" FROM "quality" WHERE {remarks}'  # noqa: S608  # every text is quoted


def indices(subject: str, index: str, period: str, start: datetime, end: datetime) -> str:
    """One statement: the points of one index, by time."""
    of = f'"station" = {literal(subject)} AND "index" = {literal(index)} AND "period" = {literal(period)}'
    span = f"time >= {_micros(start)}u AND time <= {_micros(end)}u"
    fields = ", ".join(identifier(field) for field in _INDEX_FIELDS)
    return f'SELECT {fields} FROM "index" WHERE {of} AND {span}'  # noqa: S608  # every name and text is quoted


def stored_indices(answer: Mapping[str, Any]) -> Sequence[StoredIndex]:
    """What `indices` found, by instant. Raises `ValueError` with InfluxDB's words where it could not answer."""
    (points,) = _results(answer)
    return [_index(row) for row in _rows(points)]


def _index(row: _Row) -> StoredIndex:
    flag = int(row["flag"])
    value = None if flag == _MISSING else float(row["value"])  # as of readings: the flag decides
    return StoredIndex(
        EPOCH + timedelta(microseconds=row["time"]),
        value,
        flag,
        int(row["revision"]),
        int(row["have"]),
        int(row["of"]),
        *(str(row[name] or "") for name in ("missing", "edition", "primary")),
    )


def series(answer: Mapping[str, Any]) -> Sequence[StoredSeries]:
    """What `newest` found. Raises `ValueError` with InfluxDB's words where it could not answer."""
    points, remarks = _results(answer)
    reasons: dict[_Series, list[_Row]] = {}
    for row in _rows(remarks):
        reasons.setdefault((row["station"], row["parameter"], row["period"]), []).append(row)
    found: dict[_Series, list[_Row]] = {}
    for row in _rows(points):
        for name, flag in row.items():
            if name.endswith(_FLAG) and flag is not None:
                parameter = name.removesuffix(_FLAG)
                one = {"period": row["period"], "time": row["time"], "value": row.get(parameter), "flag": flag}
                found.setdefault((row["station"], parameter, row["period"]), []).append(one)
    return [_stored(of, rows, _reasons(reasons.get(of, ()))) for of, rows in found.items()]


def _stored(of: _Series, rows: Sequence[_Row], reasons: _Remarks) -> StoredSeries:
    station, parameter, period = of
    by_instant = sorted([_reading(row, reasons) for row in rows], key=_instant)
    return StoredSeries(station=station, parameter=parameter, period=period, readings=by_instant)


def readings(answer: Mapping[str, Any]) -> Sequence[StoredReading]:
    """What `history` found, by instant. Raises `ValueError` with InfluxDB's words where it could not answer."""
    points, remarks = _results(answer)
    reasons = _reasons(_rows(remarks))
    found = [_reading(row, reasons) for row in _rows(points) if row["flag"] is not None]
    return sorted(found, key=_instant)


def _reading(row: _Row, reasons: _Remarks) -> StoredReading:
    flag = int(row["flag"])
    reason = "" if flag == _PASS else reasons.get((row["period"], row["time"], flag), "")
    # A field cannot be taken back: where a correction says "no value", the one before still stands beside its flag.
    value = None if flag == _MISSING or row["value"] is None else float(row["value"])
    instant = EPOCH + timedelta(microseconds=row["time"])
    return StoredReading(instant=instant, value=value, flag=flag, reason=reason)


def _results(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Raises `ValueError` with InfluxDB's words."""
    problems = [str(part["error"]) for part in (answer, *answer.get("results", ())) if "error" in part]
    if problems:
        raise ValueError(", ".join(problems))
    results: Sequence[Mapping[str, Any]] = answer["results"]
    return results


def _reasons(rows: Iterable[_Row]) -> _Remarks:
    """The newest reason for each flag a reading had."""
    by_receipt = sorted(rows, key=_received)
    return {(row["period"], row["time"], int(row["flag"])): row["reason"] for row in by_receipt}


def _rows(result: Mapping[str, Any]) -> Iterator[_Row]:
    for series in result.get("series", ()):
        for values in series["values"]:
            yield {**series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}


def _instant(reading: StoredReading) -> datetime:
    return reading.instant


def _received(row: _Row) -> int:
    return int(row["received"])


def _micros(moment: datetime) -> int:
    """Beyond what InfluxDB can count there is nothing to be found."""
    return max(-_LAST, min(_LAST, to_micros(moment)))


def identifier(name: str) -> str:
    """A name (measurement, field, tag) as a statement has it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """A text as a statement has it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_KINDS = ", ".join(identifier(kind) for kind in MEASUREMENTS)
