"""Clearwarn's own JSON payload (DESIGN section 5). Pure; `decode` never raises.

One value that is not a number costs that value alone; anything else wrong costs the whole delivery.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, GetPydanticSchema, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, core_schema, from_json, to_json
from typing_extensions import TypedDict  # the one pydantic takes before Python 3.12

from ingest.codecs.report import Malformed, Moment, Refused, Report
from ingest.model import Period, Reason

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
_PERIODS = "|".join(period.value for period in Period)
_Mark = Annotated[str, Field(pattern="^[NDMCFSTB]$")]
_PeriodText = Annotated[str, Field(pattern=f"^(?:{_PERIODS})$")]
# pydantic alone takes a text of digits for seconds since 1970 (HJ 212's `20261123080000` would become the year 2612)
# and a date for its midnight.
_WRITTEN = core_schema.str_schema(strict=True, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt _]")
_Time = Annotated[
    datetime,
    GetPydanticSchema(
        lambda _type, _next: core_schema.chain_schema([_WRITTEN, core_schema.datetime_schema(strict=False)])
    ),
]
_new = tuple.__new__  # `_new(Report, (...))` is `Report(...)`, at half the cost
_NOTHING: dict[str, Any] = {}
_Path = tuple[str | int, ...]


class _One(TypedDict):
    __pydantic_config__ = _STRICT  # type: ignore[misc]  # pydantic reads it from here
    station: str
    time: _Time
    period: _PeriodText
    values: Annotated[dict[str, float | None], Field(min_length=1)]
    marks: NotRequired[dict[str, _Mark]]
    times: NotRequired[dict[str, _Time]]
    seq: NotRequired[int]


class _Many(TypedDict):
    __pydantic_config__ = _STRICT  # type: ignore[misc]
    readings: Annotated[list[_One], Field(min_length=1)]


# The validators themselves: an adapter's own method says the same in several words more, a tenth of decoding.
_ONE = TypeAdapter(_One).validator
_MANY = TypeAdapter(_Many).validator


def decode(payload: bytes) -> Report | Malformed:
    """The report in those bytes, or why there is none."""
    try:
        if b'"readings"' in payload:
            return _together(_MANY.validate_json(payload)["readings"])
        return _alone(_ONE.validate_json(payload))
    except ValidationError as error:
        errors = _said(error)
    if any(detail["type"] == "missing" and detail["loc"] == ("readings",) for detail in errors):
        try:  # the word stands in it as somebody's name
            return _alone(_ONE.validate_json(payload))
        except ValidationError as error:
            errors = _said(error)
    return _salvaged(payload, errors)


def _said(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_context=False)


def _alone(one: _One) -> Report:
    return _new(Report, (one["station"], (_moment(one),), (), None))


def _together(items: list[_One]) -> Report | Malformed:
    """Many times of one station."""
    stations = sorted({item["station"] for item in items})
    if len(stations) > 1:
        return Malformed(Reason.STATION_MISMATCH, f"one message, several stations: {', '.join(stations[:5])}")
    return Report(stations[0], tuple(_moment(item) for item in items))


def _moment(item: _One) -> Moment:
    marks, times = item.get("marks", _NOTHING), item.get("times", _NOTHING)
    return _new(Moment, (item["time"], item["period"], item["values"], marks, times))


def _salvaged(payload: bytes, errors: list[ErrorDetails]) -> Report | Malformed:
    """What is left when only single values are wrong."""
    places: list[_Path] = []
    for detail in errors:
        place = _value_at(detail["loc"])
        if place is None:
            return _malformed(payload, detail)
        places.append(place)
    body: Any = from_json(payload, allow_inf_nan=True)
    refused: dict[_Path, Refused] = {}
    for place, detail in zip(places, errors, strict=True):
        *around, name = place
        inner = body
        for part in around:
            inner = inner[part]
        inner.pop(name, None)
        reason = Reason.NOT_FINITE if detail["type"] == "finite_number" else Reason.WRONG_SHAPE
        refused[place] = Refused(str(name), reason, f"{detail['msg']} (here: {_short(detail['input'])})")
    first = next(iter(refused.values()))
    if "readings" in body:
        body["readings"] = [item for item in body["readings"] if item["values"]]
    if not body.get("readings", body.get("values")):
        return Malformed(first.reason, f"{first.parameter}: {first.detail}")
    rest = decode(to_json(body))
    return rest if isinstance(rest, Malformed) else rest._replace(refused=tuple(refused.values()))


def _value_at(location: _Path) -> _Path | None:
    """The path of the single value an error is about; None where it is about more than a value."""
    match location:
        case ("values", str(), *_):
            return location[:2]
        case ("readings", int(), "values", str(), *_):
            return location[:4]
        case _:
            return None


def _malformed(payload: bytes, detail: ErrorDetails) -> Malformed:
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "json_invalid":
        try:
            payload.decode()
        except UnicodeDecodeError as error:
            return Malformed(Reason.NOT_UTF8, f"not UTF-8 at byte {error.start}")
        return Malformed(Reason.BROKEN_JSON, detail["msg"])
    return Malformed(Reason.WRONG_SHAPE, f"{where}: {detail['msg']}" if where else detail["msg"])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
