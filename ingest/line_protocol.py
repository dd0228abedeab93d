"""Outcomes as InfluxDB's line protocol (DESIGN section 5). Pure: names and values in, bytes out.

A point of measurement `air`, `source` or `outfall` for each group, one of measurement `quality` for each reading that
is not `pass`, for each value that was corrected and for each summary of a slot, and one of measurement `index` for each
index and each parameter's completeness. Times are microseconds: write with precision `us`. Escaping is that of the line
protocol's reference: comma, equals sign and space in names, nothing else. It has no way to write a control character,
nor a backslash that stands before one of those or at a name's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson

from ingest.bundle import Value, Values
from ingest.flagged import Flagged
from ingest.ledger import Account, Entry
from ingest.model import Flag
from ingest.points import Point, summary_points

CORRECTED = "corrected"  # reason in `quality` under which the value before a correction is kept
LEDGER, INDEX = "ledger", "index"  # measurements that may have a bucket of their own
DRILL = "drill=false"  # the tag is there from the first point, so that a drill later makes no series ambiguous

_PASS = Flag.PASS.value
_SPECIAL = re.compile(r"[,= ]")
_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f]|\\(?=[,= ]|$)")
_BREAKS = re.compile(r"[\r\n]+")
_PIECE = 1000  # points: below the 1 MiB a proxy takes, though a payload of 256 KiB may hold several times as many
_NAMES = 65_536  # series heads remembered: a few thousand stations with their periods

_ALL_THERE: frozenset[str] = frozenset()
_Point = tuple[str, str, int]  # station, period, instant
_Place = tuple[str, str, int, str]  # and parameter


class Lines(NamedTuple):
    """Points of one delivery, to be sent in one piece; or one of a measurement that may have a bucket of its own."""

    data: bytes
    points: int
    measurement: str = ""  # empty: readings, and the remarks on them


class Unwritable(NamedTuple):
    """Why a delivery cannot be said in line protocol."""

    reason: str


class _NameError(ValueError):
    """A name that line protocol has no way to write."""


def encode(batch: Sequence[Flagged]) -> Iterator[list[Lines] | Unwritable]:
    """The points of each delivery, in order and in pieces. A value that a later one of the batch replaces is left out.

    So no body holds two values for one field of a point: which of them would win is not promised by every version.
    """
    replaced = _replaced(batch)
    last = {one.point: index for index, item in enumerate(batch) for one in item.indices}
    told = {(one.station, one.end): index for index, item in enumerate(batch) for one in item.summaries}
    for index, item in enumerate(batch):
        try:
            points = _points(item, index, replaced)
            points += [remark.encode() for remark in _remarks(item)]
            indices = [one.encode() for one in _indices(item, index, last)] if item.indices else []
            for one in _summaries(item, index, told) if item.summaries else ():
                (indices if one.measurement == INDEX else points).append(_line(one).encode())
            encoded: list[Lines] | Unwritable = [*_pieces(points, ""), *_pieces(indices, INDEX)]
        except (_NameError, UnicodeEncodeError) as error:
            encoded = Unwritable(str(error))
        yield encoded


def _pieces(points: Sequence[bytes], measurement: str) -> list[Lines]:
    if len(points) <= _PIECE:  # as nearly always
        return [Lines(b"\n".join(points), len(points), measurement)] if points else []
    pieces = [points[start : start + _PIECE] for start in range(0, len(points), _PIECE)]
    return [Lines(b"\n".join(piece), len(piece), measurement) for piece in pieces]


def encode_ledger(entries: Mapping[Account, Entry]) -> list[list[Lines] | Unwritable]:
    """A point of measurement `ledger` for each account; counts are integers, time is the hour of receipt."""
    found: list[list[Lines] | Unwritable] = []
    for (station, hour), entry in entries.items():
        counts = (
            f"received={entry.received}i,stored={entry.stored}i,duplicate={entry.duplicate}i,"
            f"quarantined={entry.quarantined}i,waiting={entry.waiting}i"
        )
        try:
            found.append([Lines(f"{LEDGER},station={_escaped(station)} {counts} {hour}".encode(), 1, LEDGER)])
        except (_NameError, UnicodeEncodeError) as error:
            found.append(Unwritable(str(error)))
    return found


def encode_points(points: Sequence[Point]) -> list[list[Lines] | Unwritable]:
    """A line for each; text stands in quotes, on one line."""
    found: list[list[Lines] | Unwritable] = []
    for point in points:
        try:
            found.append([Lines(_line(point).encode(), 1, point.measurement)])
        except (_NameError, UnicodeEncodeError) as error:
            found.append(Unwritable(str(error)))
    return found


def _summaries(item: Flagged, index: int, told: Mapping[tuple[str, int], int]) -> Iterator[Point]:
    """But for those of which a later delivery of the batch has another word."""
    for one in item.summaries:
        if told[one.station, one.end] == index:
            yield from summary_points(one)


def _line(point: Point) -> str:
    fields = ",".join([f"{_field(name)}={_literal(value)}" for name, value in point.fields])
    return f"{_tagged(point.measurement, point.tags)} {fields} {point.at}"


@lru_cache(_NAMES)
def _tagged(measurement: str, tags: tuple[tuple[str, str], ...]) -> str:
    return ",".join((_escaped(measurement), *(f"{name}={_escaped(value)}" for name, value in tags)))


def _literal(value: float | str) -> str:
    """An integer, a float or text as the line protocol writes a field."""
    if isinstance(value, str):
        return _text(value)
    return f"{value}i" if isinstance(value, int) else repr(value)


@lru_cache(_NAMES)
def _text(value: str) -> str:
    said = _BREAKS.sub(" ", value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{said}"'


def _replaced(batch: Sequence[Flagged]) -> Mapping[_Place, int]:
    """Which delivery of the batch has the last word on each reading of a point that comes more than once."""
    seen: set[_Point] = set()
    again: set[_Point] = set()
    for item in batch:
        account = item.account
        for period, instant, _ in item.groups:
            point = (account, period, instant)
            (again if point in seen else seen).add(point)
    if not again:
        return {}
    return {
        (item.account, period, instant, parameter): index
        for index, item in enumerate(batch)
        for period, instant, values in item.groups
        if (item.account, period, instant) in again
        for parameter, *_ in values
    }


def _points(item: Flagged, index: int, replaced: Mapping[_Place, int]) -> list[bytes]:
    """A reading without a value has its flag alone: line protocol knows no null."""
    found: list[bytes] = []
    account = item.account
    for period, instant, said in item.groups:
        values = said
        if replaced:
            values = Values.of(
                [value for value in said if replaced.get((account, period, instant, value[0]), index) == index]
            )
        names, given = values.names, values.given
        if names:
            lacking = _lacking(names, given) if None in given else _ALL_THERE
            numbers = [value for value in given if value is not None] if lacking else given
            fields = _fields(names, tuple(values.flags), lacking) % _literals(numbers)
            found.append(b"%b %b %d" % (_head(item.kind, account, period), fields, instant))
    return found


def _lacking(names: Iterable[str], given: Iterable[float | None]) -> frozenset[str]:
    return frozenset([name for name, value in zip(names, given, strict=True) if value is None])


def _literals(numbers: Sequence[float | None]) -> tuple[bytes, ...]:
    """As `repr` has them, but for the exponent's sign: the same number, at half the cost."""
    return tuple(orjson.dumps(numbers)[1:-1].split(b",")) if numbers else ()


@lru_cache(_NAMES)
def _fields(names: Sequence[str], flags: Sequence[int], lacking: frozenset[str]) -> bytes:
    """Of one point, with a place for each value that is there: stations that measure the same share them."""
    fields = []
    for name, flag in zip(names, flags, strict=True):
        field = _field(name).replace("%", "%%")
        fields.append(f"{field}_flag={flag}i" if name in lacking else f"{field}=%b,{field}_flag={flag}i")
    return ",".join(fields).encode()


def _remarks(item: Flagged) -> list[str]:
    found = [
        _remark(item, period, instant, value)
        for period, instant, values in item.groups
        if not values.all_passed
        for value in values
        if value[2] != _PASS
    ]
    for parameter, period, instant, first in item.corrected:
        found.append(_remark(item, period, instant, (parameter, first, _PASS, CORRECTED)))
    return found


def _remark(item: Flagged, period: str, instant: int, of: Value) -> str:
    parameter, value, flag, reason = of
    said = f",reason={_escaped(reason)}" if reason else ""  # a tag cannot be empty
    given = "" if value is None else f",value={value!r}"
    tags = f"parameter={_escaped(parameter)},period={_escaped(period)}{said},station={_escaped(item.account)}"
    return f"quality,{tags} flag={flag}i,received={item.received_at}i{given} {instant}"


def _indices(item: Flagged, index: int, last: Mapping[tuple[str, str, str, int], int]) -> list[str]:
    """Measurement `index`; as of readings, a value that holds no more is told by the flag."""
    found: list[str] = []
    within = {one.point: one for one in item.indices}  # the last word of this delivery
    for point, one in within.items():
        if last[point] == index:
            subject, name, period, instant, value, *rest = one
            said = "" if value is None else f"value={value!r},"
            found.append(f"{_index_head(subject, name, period)} {said}{_index_fields(*rest)} {instant}")
    return found


@lru_cache(_NAMES)
def _index_fields(  # noqa: PLR0917  an index's own fields
    flag: int, revision: int, have: int, of: int, missing: str, edition: str, primary: str
) -> str:
    """But for the value; most are like many others."""
    counts = f"flag={flag}i,revision={revision}i,have={have}i,of={of}i"
    return f"{counts},missing={_text(missing)},edition={_text(edition)},primary={_text(primary)}"


@lru_cache(_NAMES)
def _index_head(station: str, index: str, period: str) -> str:
    return f"{INDEX},{DRILL},index={_escaped(index)},period={_escaped(period)},station={_escaped(station)}"


@lru_cache(_NAMES)
def _head(kind: str, station: str, period: str) -> bytes:
    """Measurement and tags, in the order of their names, which InfluxDB sorts them into otherwise."""
    return f"{_escaped(kind)},{DRILL},period={_escaped(period)},station={_escaped(station)}".encode()


@lru_cache(_NAMES)
def _field(parameter: str) -> str:
    if parameter == "time":  # InfluxDB drops such a field without a word
        message = "'time' is the name of a point's instant, and cannot be that of a parameter"
        raise _NameError(message)
    return _escaped(parameter)


@lru_cache(_NAMES)
def _escaped(name: str) -> str:
    if not name or _UNSAYABLE.search(name):
        message = f"{name!r} cannot be written as a name in line protocol"
        raise _NameError(message)
    return _SPECIAL.sub(r"\\\g<0>", name)
