"""An area's forecast (DESIGN section 5): `clearwarn/v1/forecast/{area}`. Pure; `decode` never raises.

`{"area": "xilan", "issued": "2026-11-24T20:00:00+08:00", "days": [{"date": "2026-11-25", "aqi": 132, "led_by":
["pm2_5"], "iaqi": {"o3": 61}}, ...]}`, three days or more (HJ 633-2026 5.2.3), from the day of the issue on. What leads
a day has the day's AQI for its own index: so it is by definition, and need not be said twice.

It becomes a report of its area at the moment of the issue, a value for each day and index: `aqi_d1` is the AQI of the
day after the issue, `iaqi_pm2_5_d1` what of it is PM2.5. Anything wrong costs the whole: half a forecast is another.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, NotRequired
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, ConfigDict, Field, GetPydanticSchema, TypeAdapter, ValidationError
from pydantic_core import core_schema
from typing_extensions import TypedDict  # the one pydantic takes before Python 3.12

from ingest.codecs.report import Malformed, Moment, Report
from ingest.forecasts import AQI, FARTHEST, HIGHEST, named
from ingest.model import Period, Reason

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
_ZONE = ZoneInfo("Asia/Shanghai")  # whose days are forecast
_FEWEST = 3
_Pollutant = Literal["pm2_5", "pm10", "so2", "no2", "co", "o3"]
_Index = Annotated[float, Field(ge=0, le=HIGHEST)]
# As in `json`: pydantic alone takes a number, or a text of digits, for seconds since 1970.
_Issued = Annotated[
    AwareDatetime,
    GetPydanticSchema(
        lambda _type, _next: core_schema.chain_schema(
            [
                core_schema.str_schema(strict=True, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt _]"),
                core_schema.datetime_schema(strict=False, tz_constraint="aware"),
            ]
        )
    ),
]
_Date = Annotated[
    date,
    GetPydanticSchema(
        lambda _type, _next: core_schema.chain_schema(
            [
                core_schema.str_schema(strict=True, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
                core_schema.date_schema(strict=False),
            ]
        )
    ),
]


class _Day(TypedDict):
    __pydantic_config__ = _STRICT  # type: ignore[misc]  # pydantic reads it from here
    date: _Date
    aqi: _Index
    led_by: NotRequired[list[_Pollutant]]
    iaqi: NotRequired[dict[_Pollutant, _Index]]


class _Forecast(TypedDict):
    __pydantic_config__ = _STRICT  # type: ignore[misc]
    area: str
    issued: _Issued
    days: Annotated[list[_Day], Field(min_length=_FEWEST)]


_FORECAST = TypeAdapter(_Forecast)


def decode(payload: bytes) -> Report | Malformed:
    """The forecast in those bytes as a report of its area, or why there is none."""
    try:
        forecast = _FORECAST.validate_json(payload)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_context=False)[0]
        if detail["type"] == "json_invalid":
            return _unreadable(payload, detail["msg"])
        where = ".".join(map(str, detail["loc"]))
        reason = Reason.NOT_FINITE if detail["type"] == "finite_number" else Reason.WRONG_SHAPE
        return Malformed(reason, f"{where}: {detail['msg']}" if where else detail["msg"])
    issued = forecast["issued"]
    values: dict[str, float | None] = {}
    for day in forecast["days"]:
        ahead = (day["date"] - issued.astimezone(_ZONE).date()).days
        wrong = _wrong(day, ahead, seen=named(AQI, ahead) in values, issued=issued)
        if wrong is not None:
            return Malformed(Reason.WRONG_SHAPE, wrong)
        values[named(AQI, ahead)] = day["aqi"]
        parts = {**dict.fromkeys(day.get("led_by", ()), day["aqi"]), **day.get("iaqi", {})}
        values |= {named(f"i{AQI}_{name}", ahead): part for name, part in parts.items()}
    return Report(forecast["area"], (Moment(issued, Period.INSTANT, values, {}, {}),))


def _wrong(day: _Day, ahead: int, *, seen: bool, issued: datetime) -> str | None:
    """What is wrong with a day beyond its shape."""
    written = day["date"].isoformat()
    parts = day.get("iaqi", {})
    if not 0 <= ahead <= FARTHEST:
        return f"{written} is not among the {FARTHEST} days from {issued.isoformat()} on"
    if seen:
        return f"{written} is there twice"
    if above := [name for name, part in parts.items() if part > day["aqi"]]:
        return f"{written}: the index of {above[0]} is above the AQI, which is the highest of them"
    if other := [name for name in day.get("led_by", ()) if parts.get(name, day["aqi"]) != day["aqi"]]:
        return f"{written}: {other[0]} leads, and its index is not the AQI"
    return None


def _unreadable(payload: bytes, said: str) -> Malformed:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        return Malformed(Reason.NOT_UTF8, f"not UTF-8 at byte {error.start}")
    return Malformed(Reason.BROKEN_JSON, said)
